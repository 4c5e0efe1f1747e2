// The summary as text for machines. The same summary gives the same bytes.
#pragma once

#include <string>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// summary.json: every figure of the summary, one line a system.
std::string summary_json(const Summary& summary);

/// summary.csv: one row a (benchmark, sub-set or "all", system), RFC 4180 with a heading.
std::string summary_csv(const Summary& summary);

}  // namespace xrouter::eval
