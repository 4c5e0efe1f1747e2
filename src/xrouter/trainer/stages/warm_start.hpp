// Supervised learning from trajectories that a teacher writes, who knows the recorded outcomes.
#pragma once

#include <memory>

#include "xrouter/trainer/stages/stage.hpp"

namespace xrouter::trainer {

std::unique_ptr<Stage> make_warm_start_stage(const StageContext& context, const StageConfig& config);

}  // namespace xrouter::trainer
