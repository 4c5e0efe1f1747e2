// Names for what lies at paths, short and yet different.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xrouter::eval {

/// One name for each path: its last part, and for all of them as many parts more in front, joined by dots, as tell them
/// apart; only characters that a System::id may have. Parts in `meaningless` are left out where others remain. Two
/// paths that do not differ get the same name.
std::vector<std::string> short_names(std::span<const std::string> paths, std::span<const std::string_view> meaningless = {});

}  // namespace xrouter::eval
