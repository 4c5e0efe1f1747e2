// The learning rate over the steps of a stage.
#pragma once

#include <cstdint>

#include "xrouter/base/result.hpp"

namespace xrouter::rl {

enum class Decay { constant, linear, cosine };

struct ScheduleOptions {
  double peak = 1e-6;
  std::int64_t warm_up_steps = 10;  ///< rises linearly, the first step already learns
  Decay decay = Decay::constant;    ///< from the end of the warm-up to the last step
  double final_share = 0;           ///< of the peak, at the last step of linear and cosine
};

/// Errors: config.
Result<void> check(const ScheduleOptions& options);

/// Of step `step` of `total_steps`, counted from 0. Steps beyond the last keep its rate.
double learning_rate(const ScheduleOptions& options, std::int64_t step, std::int64_t total_steps);

}  // namespace xrouter::rl
