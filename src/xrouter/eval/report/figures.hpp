// Numbers as people read them on the page. Independent of locale.
#pragma once

#include <string>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval::report {

/// 0.8423 is "84.2".
std::string percent(double share);
/// "81.0 to 85.1".
std::string percent_range(const Interval& interval);
/// A difference of shares in points, with its sign: "+1.2", and "−0.4" with a minus sign.
std::string points(double difference);
std::string points_range(const Interval& interval);
/// Three significant digits without an exponent: "16.8", "0.0742", "0".
std::string money(double usd);
std::string milliseconds(double ms);

}  // namespace xrouter::eval::report
