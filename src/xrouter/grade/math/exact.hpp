// Exact rational values of trees.
#pragma once

#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "xrouter/grade/math/flint.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// Why a tree has no value of the kind asked for.
enum class Fault {
  other_kind,  ///< it has one, but not of this kind (a root, a variable), or a meaning unknown here
  undefined,   ///< division by zero and the like
  too_big,     ///< over a limit of limits.hpp
};

/// The value of a tree of numbers, arithmetic, whole powers, exact roots, factorials and binomials.
tl::expected<Rational, Fault> rational_value(const Node& node);

/// The value of a number's text, such as "12", "0.50", "1.5e-7" or "0.(3)".
tl::expected<Rational, Fault> decimal_value(std::string_view text);

/// 10^exponent, which may be negative. Precondition: its size is at most kMaxDecimalExponent.
Rational power_of_ten(long exponent);

/// Half a unit of the last digit that a decimal shows, and how many significant digits it has.
struct Precision {
  Rational half_unit;
  int significant_digits = 0;
};
/// nullopt for whole numbers and repeating decimals: they are exact.
std::optional<Precision> written_precision(std::string_view number);

}  // namespace xrouter::grade::math
