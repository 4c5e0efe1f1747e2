#pragma once

#include <span>
#include <string>
#include <string_view>

namespace xrouter {

/// The candidate a person most likely meant, or "" when none is near. A unit that was left off
/// counts as near: `deadline` means `deadline_ms`.
std::string nearest(std::string_view wrong, std::span<const std::string> candidates);

/// "; did you mean 'x'?", or "".
std::string did_you_mean(std::string_view wrong, std::span<const std::string> candidates);

}  // namespace xrouter
