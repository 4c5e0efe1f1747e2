// Angles that are rational multiples of pi.
#pragma once

#include <optional>

#include "xrouter/grade/math/exact.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// r of an angle r * pi, as written with pi or in degrees; nullopt for other trees.
std::optional<Rational> multiple_of_pi(const Node& angle);

}  // namespace xrouter::grade::math
