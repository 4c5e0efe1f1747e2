// Units behind a value.
#pragma once

#include <string_view>

namespace xrouter::grade::math {

/// False only for two units that are both known and differ: 5 cm is not 5 m, but 5 is 5 cm, and
/// "17 apples in all" is 17. Folded texts; an empty one is no unit.
bool units_agree(std::string_view a, std::string_view b);

}  // namespace xrouter::grade::math
