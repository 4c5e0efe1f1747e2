// How the seed finds <answer> tags. Private to the seed's rules.
#pragma once

#include <optional>
#include <string_view>

namespace xrouter::grade::structured {

/// The last match of <answer>(.*?)</answer>, trimmed; `one_line`: without DOTALL, so that a line break
/// in between prevents a match. Linear time.
std::optional<std::string_view> seed_answer(std::string_view reply, bool one_line);

}  // namespace xrouter::grade::structured
