#include "xrouter/rl/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {

Result<void> check(const ScheduleOptions& options) {
  return all_kept({
      {is_amount(options.peak), "learning_rate: must be at least 0"},
      {options.warm_up_steps >= 0, "warm_up_steps: must be at least 0"},
      {is_share(options.final_share), "final_share: must be between 0 and 1"},
  });
}

double learning_rate(const ScheduleOptions& options, std::int64_t step, std::int64_t total_steps) {
  if (step < options.warm_up_steps) return options.peak * static_cast<double>(step + 1) / static_cast<double>(options.warm_up_steps + 1);
  if (options.decay == Decay::constant) return options.peak;
  const auto way = static_cast<double>(std::max<std::int64_t>(1, total_steps - 1 - options.warm_up_steps));
  const double done = std::clamp(static_cast<double>(step - options.warm_up_steps) / way, 0.0, 1.0);
  const double left = options.decay == Decay::linear ? 1 - done : (1 + std::cos(std::numbers::pi * done)) / 2;
  return options.peak * (options.final_share + (1 - options.final_share) * left);
}

}  // namespace xrouter::rl
