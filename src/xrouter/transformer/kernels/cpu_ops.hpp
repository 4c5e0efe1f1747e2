// Operations for inference in bf16 on a processor with AVX-512: see README.md here for what is fused.
#pragma once

#include <memory>

#include "xrouter/transformer/ops.hpp"

namespace xrouter::transformer::kernels {

/// The residual stream is float32, everything else bf16. Null where the processor or the build lacks what it needs.
std::shared_ptr<const Ops> make_cpu_bf16_ops();

/// Plain operations with products in float32 by packed weights. Null where this build has no oneDNN.
std::shared_ptr<const Ops> make_cpu_f32_ops();

}  // namespace xrouter::transformer::kernels
