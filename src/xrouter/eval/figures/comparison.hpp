// What can be said of systems only beside each other: fronts, hulls, wins, regret.
#pragma once

#include "xrouter/eval/figures/samples.hpp"
#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// More single models than this, and by luck one of many weak ones is always right: the oracle would mean nothing.
inline constexpr std::size_t kOraclePool = 12;

struct CompareOptions {
  int draws = 10'000;
  std::uint64_t seed = 1;
};

/// Fills in everything of a section that compares its systems: on_front, hull, to_best_single, regret,
/// cost intervals, common, singles, curves, two_models, best_single, cheapest_single. The section's
/// systems have their own figures already and stand in the order of `task.systems`.
void compare(Section& section, const TaskSamples& task, const std::vector<System>& systems, const CompareOptions& options);

}  // namespace xrouter::eval
