// A cell of a table as a number: thousands marks, percent, currency and brackets read, nothing evaluated.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::structured {

struct Quantity {
  Number number;          ///< digits as written, marks removed
  bool percent = false;
  int decimals = 0;       ///< digits behind the point
  int significant = 0;    ///< digits from the first that is not zero
};

/// "$1,234.50", "(12)" for -12, "6.64%", "6.64\%", "1e3", "20{,}000". nullopt for anything else,
/// wrongly grouped thousands included.
std::optional<Quantity> quantity_of(std::string_view cell);

/// An integer key stays exact. A decimal key allows half a unit of its last digit, or of the answer's
/// when it shows at least `significant_digits`. A percent sign on one side only may mean the same
/// number or the hundredth.
bool same_quantity(const Quantity& answer, const Quantity& key, int significant_digits);

}  // namespace xrouter::grade::structured
