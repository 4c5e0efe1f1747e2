// Values as complex balls: enclosures that can prove two numbers different, never equal.
#pragma once

#include <map>
#include <string>
#include <tl/expected.hpp>

#include "xrouter/grade/math/exact.hpp"
#include "xrouter/grade/math/flint.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// What the variables are worth.
using Point = std::map<std::string, Rational>;

/// Encloses the value to about `bits` of precision. A result that is not finite is Fault::undefined.
tl::expected<Ball, Fault> ball_value(const Node& node, const Point& point, long bits);

}  // namespace xrouter::grade::math
