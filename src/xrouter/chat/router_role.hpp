// How the router's own system message begins. A model that was made for nothing else is not told its role: its format
// leaves a message with this beginning out.
#pragma once

#include <string_view>

namespace xrouter {

inline constexpr std::string_view kRouterRole = "You are the router of a pool of language models.";

}  // namespace xrouter
