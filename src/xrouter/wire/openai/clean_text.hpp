// Making an upstream's words fit for a log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xrouter::wire::openai {

inline constexpr std::size_t kMaxLoggedBytes = 2048;

/// The first kMaxLoggedBytes, with what looks like a secret masked as ***, control characters as
/// spaces and broken UTF-8 as '?'. Rather masks too much than too little.
std::string clean_for_log(std::string_view text);

}  // namespace xrouter::wire::openai
