// Reinforcement learning: groups of rollouts, compared with one another.
#pragma once

#include <memory>

#include "xrouter/trainer/stages/stage.hpp"

namespace xrouter::trainer {

std::unique_ptr<Stage> make_dapo_stage(const StageContext& context, const StageConfig& config);

}  // namespace xrouter::trainer
