// Language modelling: a model without weights learns the words of its questions first.
#pragma once

#include <memory>

#include "xrouter/trainer/stages/stage.hpp"

namespace xrouter::trainer {

std::unique_ptr<Stage> make_language_stage(const StageContext& context, const StageConfig& config);

}  // namespace xrouter::trainer
