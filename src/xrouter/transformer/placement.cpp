#include "xrouter/transformer/placement.hpp"

#include "xrouter/transformer/kernels/cpu_ops.hpp"

namespace xrouter::transformer {

Result<at::Device> device_of(const std::string& name) {
  const auto unknown = [&name] { return fail(ErrorKind::config, "There is no device " + name + "; cpu, cuda and cuda:1 are known."); };
  if (name != "cpu" && !name.starts_with("cuda")) return unknown();
  try {
    const at::Device device(name);
    if (device.is_cuda() && !at::hasCUDA()) return fail(ErrorKind::config, "This libtorch has no CUDA, or no GPU is there.");
    return device;
  } catch (const std::exception&) {
    return unknown();
  }
}

at::ScalarType type_of(Precision precision, at::Device device) {
  switch (precision) {
    case Precision::bf16: return at::kBFloat16;
    case Precision::f32: return at::kFloat;
    case Precision::automatic: break;
  }
  // Without kernels of our own bf16 is widened for every product that must be exact, and slower than float32.
  return device.is_cuda() || kernels::make_cpu_bf16_ops() != nullptr ? at::kBFloat16 : at::kFloat;
}

}  // namespace xrouter::transformer
