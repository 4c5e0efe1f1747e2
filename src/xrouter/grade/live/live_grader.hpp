// Grades LiveBench replies by the rule of their task.
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::live {

/// The task is extra.task; extra.date (or livebench_release_date, "2024-11-25...") chooses between the old and the new
/// rules of zebra_puzzle and connections. A task without a rule here is unsupported; the seed gives it 0.
std::unique_ptr<Grader> make_live_grader(const Dialect& dialect);

}  // namespace xrouter::grade::live
