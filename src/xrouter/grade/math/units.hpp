// Units behind a value.
#pragma once

#include <string_view>

namespace xrouter::grade::math {

/// 5 cm is not 5 m, but 5 is "5 cm" and "17 apples in all". A word that is no known unit changes what is
/// said ("5 less than it"), so it agrees only with itself. Folded texts; an empty one is no unit.
bool units_agree(std::string_view a, std::string_view b);

/// A hundredth of a dollar.
bool is_cents(std::string_view unit);
bool is_dollars(std::string_view unit);

}  // namespace xrouter::grade::math
