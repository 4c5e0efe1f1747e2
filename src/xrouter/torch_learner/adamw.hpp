// AdamW over flat buffers (arXiv 1711.05101), and the clipping of gradients.
#pragma once

#include "xrouter/learner/learner.hpp"
#include "xrouter/torch_learner/parameters.hpp"

namespace xrouter::torch_learner {

/// As torch.nn.utils.clip_grad_norm_ and torch.optim.AdamW. The norm is summed in float64 in a fixed order.
/// Gradients are zero afterwards; when their norm is not finite nothing else changes.
learner::StepReport adamw_step(Parameters& parameters, const learner::StepOptions& options);

}  // namespace xrouter::torch_learner
