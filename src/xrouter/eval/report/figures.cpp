#include "xrouter/eval/report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xrouter::eval::report {
namespace {

constexpr const char* kMissing = "\xE2\x80\x93";  // an en dash

}  // namespace

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.1f}", 100 * share) : kMissing; }

std::string percent_range(const Interval& interval) { return percent(interval.low) + " to " + percent(interval.high); }

std::string points(double difference) {
  if (!std::isfinite(difference)) return kMissing;
  const double rounded = std::round(1000 * difference) / 10;
  return fmt::format("{}{:.1f}", rounded < 0 ? "\xE2\x88\x92" : "+", std::abs(rounded));
}

std::string points_range(const Interval& interval) { return points(interval.low) + " to " + points(interval.high); }

std::string money(double usd) {
  if (!std::isfinite(usd)) return kMissing;
  if (usd == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(usd))));
  return fmt::format("{:.{}f}", usd, std::clamp(2 - magnitude, 0, 9));
}

std::string milliseconds(double ms) { return !std::isfinite(ms) ? kMissing : ms >= 1000 ? fmt::format("{:.1f} s", ms / 1000) : fmt::format("{:.0f} ms", ms); }

}  // namespace xrouter::eval::report
