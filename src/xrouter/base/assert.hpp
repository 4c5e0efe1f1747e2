// Assertions for impossible states. Active in every build: a broken invariant ends the process
// rather than booking money wrongly. Input from outside is never asserted, it is a Result.
#pragma once

namespace xrouter {
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file, int line) noexcept;
}

#define XROUTER_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::xrouter::assertion_failed(#condition, why, __FILE__, __LINE__))
