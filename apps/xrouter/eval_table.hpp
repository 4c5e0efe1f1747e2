// What an evaluation found, for a terminal.
#pragma once

#include "xrouter/eval/summary.hpp"

namespace xrouter::app {

void print_summary(const eval::Summary& summary);

}  // namespace xrouter::app
