// Keys out of ground truths.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::math {

/// The accepted answers: of a text or a number that one, of a list each item, of {"target": ...}
/// and {"answer": ...} what they hold. Empty when it is none of these.
std::vector<std::string> keys_of(const Value& ground_truth);

}  // namespace xrouter::grade::math
