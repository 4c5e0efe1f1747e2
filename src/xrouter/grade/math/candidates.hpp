// What in a reply may be its mathematical answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grade/dialect.hpp"

namespace xrouter::grade::math {

/// The answers of a reply by how explicitly they are given; the first that can be read decides.
/// `several` joins neighbouring boxes into one list, for keys that are lists. Empty: no answer.
/// Linear in the reply.
std::vector<std::string> candidates(std::string_view reply, const Dialect& dialect, bool several);

/// The answer within a key that is given as a sentence with a box, or the key itself.
std::string answer_of_key(std::string_view key);

}  // namespace xrouter::grade::math
