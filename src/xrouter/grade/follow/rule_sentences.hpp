// Where sentences end by the short rule list of the instruction sets (not by Punkt): every . ? and ! ends one, but for
// titles, initials, web addresses, decimals and the like.
#pragma once

#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// Stripped; only the last one is never empty. Linear time.
std::vector<Text> rule_sentences(TextView text);

}  // namespace xrouter::grade::follow
