// The questions on which systems can be compared, and what each system did there.
#pragma once

#include <vector>

#include "xrouter/eval/figures/samples.hpp"
#include "xrouter/eval/stats/bootstrap.hpp"
#include "xrouter/eval/stats/hull.hpp"

namespace xrouter::eval {

/// A system takes part when it was scored on most questions; a question when every such system was
/// scored on it. Columns of the table: score and cost (USD) of each member in turn.
struct Paired {
  std::vector<std::size_t> members;    ///< positions in TaskSamples::systems
  std::vector<std::size_t> questions;  ///< positions in TaskSamples::questions
  std::vector<std::size_t> clusters;   ///< of each question, numbered from 0 without gaps
  stats::Table table;

  static std::size_t score(std::size_t member) { return 2 * member; }
  static std::size_t cost(std::size_t member) { return 2 * member + 1; }
};
Paired pair_up(const TaskSamples& task);

}  // namespace xrouter::eval
