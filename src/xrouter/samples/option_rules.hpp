// Kinds of values that only samples.yaml has.
#pragma once

#include "xrouter/config/rules.hpp"
#include "xrouter/samples/options.hpp"

namespace xrouter::samples {

config::Rule<Order> word_for_order();
/// [0, 0.5, 2]
config::Rule<std::vector<double>> numbers(double min, double max);
/// [1, 5], or 3 for exactly three
config::Rule<Range> range(int min, int max);
/// [{name: all, share: 0.3}, {name: cheap, share: 0.1, models: [a, b]}]
config::Rule<std::vector<FixedPool>> fixed_pools();

}  // namespace xrouter::samples
