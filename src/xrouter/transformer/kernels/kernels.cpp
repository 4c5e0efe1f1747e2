#include "xrouter/transformer/kernels/kernels.hpp"

#include "xrouter/transformer/kernels/cpu_ops.hpp"

namespace xrouter::transformer {

std::shared_ptr<const Ops> make_inference_ops(at::ScalarType dtype, at::Device device) {
  std::shared_ptr<const Ops> ops;
  if (device.is_cpu() && dtype == at::kBFloat16) ops = kernels::make_cpu_bf16_ops();
  if (device.is_cpu() && dtype == at::kFloat) ops = kernels::make_cpu_f32_ops();
  return ops != nullptr ? ops : std::make_shared<Ops>();
}

}  // namespace xrouter::transformer
