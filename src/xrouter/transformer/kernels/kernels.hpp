// Which operations a loaded model runs with.
#pragma once

#include <memory>

#include "xrouter/transformer/ops.hpp"

namespace xrouter::transformer {

/// The fastest operations there are for inference in this type on this device: own kernels where the
/// processor has what they need, the plain ones otherwise. Never null.
std::shared_ptr<const Ops> make_inference_ops(at::ScalarType dtype, at::Device device);

}  // namespace xrouter::transformer
