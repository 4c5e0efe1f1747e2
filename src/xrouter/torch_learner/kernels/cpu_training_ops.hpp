#pragma once

#include <memory>

#include "xrouter/torch_learner/training_ops.hpp"

namespace xrouter::torch_learner::kernels {

/// Products by oneDNN and own kernels for float32 or bf16; nullptr where the processor or oneDNN is missing.
std::shared_ptr<const TrainingOps> make_cpu_training_ops(at::ScalarType type);

}  // namespace xrouter::torch_learner::kernels
