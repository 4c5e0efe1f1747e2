// The figures of one system on one set of questions. Pure.
#pragma once

#include "xrouter/eval/figures/samples.hpp"
#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// Everything in SystemFigures that needs no other system: all but on_front, hull, to_best_single,
/// regret and the interval of the cost.
SystemFigures figures_of(const TaskSamples& task, const SystemSamples& samples, const BenchmarkSpec& spec, const std::string& system);

/// Mean score of the questions at `positions`, with its error.
Estimate accuracy_of(const TaskSamples& task, const SystemSamples& samples, const std::vector<std::size_t>& positions);

}  // namespace xrouter::eval
