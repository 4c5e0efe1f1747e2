// "--since" as people write it.
#pragma once

#include <string_view>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"

namespace xrouter::store {

/// "90s", "30m", "24h", "7d" before `now`; or "2026-11-01", "2026-11-01T12:30" in UTC.
/// Error: config.
Result<WallTime> parse_since(std::string_view text, WallTime now);

}  // namespace xrouter::store
