// When two values are equal: as Python says, or as typed data says.
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {

/// A finite decimal without loss, for comparing numbers of any length in linear time.
struct Decimal {
  bool negative = false;
  std::string digits;         ///< no leading or trailing zeros; empty for zero
  std::int64_t exponent = 0;  ///< the value is 0.digits x 10^exponent
  bool operator==(const Decimal&) const = default;
};
/// nullopt for inf, nan and exponents beyond 18 digits.
std::optional<Decimal> decimal_of(const Number& number);
std::strong_ordering compare(const Decimal& a, const Decimal& b);

/// A text that is the same exactly for values that Python's == calls equal: 1, 1.0 and True; 0.1 and
/// its nearest double; dicts and sets in any order; but lists are not tuples. A NaN has a key too,
/// although it equals nothing. Length O(size of the value).
std::string python_key(const Value& value);

/// Python's ==. NaN equals nothing, also inside containers.
bool python_equal(const Value& a, const Value& b);

struct CompareOptions {
  bool int_equals_float = false;   ///< 1 equals 1.0; true still differs from 1
  bool tuple_equals_list = false;  ///< for JSON against Python literals
  double rel_tol = 0;              ///< between two floats; integers stay exact
  double abs_tol = 0;
};

/// Typed equality: true is not 1, "1" is not 1, numbers exactly as quantities (1.50 equals 1.5),
/// dicts by their keys in any order, sets in any order and exactly. NaN equals NaN, so that a value
/// equals itself.
bool equal(const Value& a, const Value& b, const CompareOptions& options = {});

}  // namespace xrouter::grade
