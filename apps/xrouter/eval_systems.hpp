// The systems that a command line means.
#pragma once

#include <memory>
#include <vector>

#include "eval_arguments.hpp"
#include "xrouter/corpus/corpus.hpp"
#include "xrouter/eval/run/setting.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::app {

/// In the order of tables: routers named by --router, the configured policy, baselines, single models. `corpus` may be null;
/// baselines are then not among the default ones, and an error when asked for.
/// Ends the program when a system is unknown or cannot be made.
std::vector<eval::System> choose_systems(const EvalArguments& arguments, const config::Config& config,
                                         const eval::EpisodeSettings& settings, const std::shared_ptr<const corpus::Corpus>& corpus);

}  // namespace xrouter::app
