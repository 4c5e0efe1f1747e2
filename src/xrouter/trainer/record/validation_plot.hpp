// Accuracy against cost of a run's policy, as the evaluation's page draws it.
#pragma once

#include <string>
#include <vector>

#include "xrouter/trainer/record/metrics.hpp"
#include "xrouter/trainer/record/validation.hpp"

namespace xrouter::trainer {

/// The plot of the first, the best and the last validation beside the baselines, and their figures as a table; a
/// sentence when nothing was validated.
std::string validation_overview(const std::vector<StepMetrics>& steps, const std::vector<ValidationBaseline>& baselines);

}  // namespace xrouter::trainer
