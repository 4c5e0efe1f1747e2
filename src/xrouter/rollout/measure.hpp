// From an episode that has ended to what training keeps of it.
#pragma once

#include "xrouter/engine/episode.hpp"
#include "xrouter/rollout/runner.hpp"

namespace xrouter::rollout {

/// All but verdict, score, index and cost weight, which the runner knows. `seconds` is the episode's time.
Rollout measured(const Task& task, const Episode& episode, const Outcome& outcome, double seconds);

/// What the missing answer of an episode says: `wrong` when the decisions led there; `unscored` when the program itself
/// failed or was stopped.
Verdict verdict_without_answer(const Error& error);

}  // namespace xrouter::rollout
