// JSON numbers within bounds.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "xrouter/grammar/dfa.hpp"

namespace xrouter::grammar {

/// Digits that a number may have, before and behind the point together: any two such decimals are different
/// as doubles, so comparing texts is comparing values.
inline constexpr int kMostDigits = 15;

/// The magnitude of a bound in decimal digits: "12", "5" is 12.5. No leading zeros but "0" itself.
struct Decimal {
  bool negative = false;
  std::string whole = "0";
  std::string fraction = {};
};

struct Bound {
  Decimal at;
  bool open = false;  ///< the bound itself is outside
};

struct NumberRange {
  std::optional<Bound> low = {};
  std::optional<Bound> high = {};
  bool integer = false;
};

/// Nothing for a value that is not a finite number.
std::optional<Decimal> decimal_of(const boost::json::value& value);
/// Negative, zero or positive as left is less, equal or greater.
int compare(const Decimal& left, const Decimal& right);

/// Equal for equal ranges only.
std::string key_of(const NumberRange& range);
/// Costs nothing and needs no limit. Minus zero is not written. Only without bounds there are exponents.
Dfa number_dfa(const NumberRange& range);

}  // namespace xrouter::grammar
