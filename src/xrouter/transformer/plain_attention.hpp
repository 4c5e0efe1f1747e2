// Attention in torch operations: for every device, for gradients, and as the measure for the kernels.
#pragma once

#include "xrouter/transformer/ops.hpp"

namespace xrouter::transformer {

/// See Ops::attention. Scores and sums are float32 (float64 for a float64 model).
Tensor plain_attention(const Heads& heads, const AttentionPlan& plan, std::int64_t layer);

}  // namespace xrouter::transformer
