// Proofs that two closed forms are the same number.
#pragma once

#include <cstdint>

#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

enum class Verdict : std::uint8_t {
  equal,
  different,
  undecided,  ///< over the effort that is spent
  too_big,    ///< over a limit of limits.hpp
};

/// Two trees without variables. Rationals are compared exactly. Otherwise balls that do not meet prove
/// a difference; if they meet, a root separation bound (algebraic numbers) and then Calcium (the rest)
/// may prove equality. Effort is bounded by precision and size, never by time.
Verdict compare_closed(const Node& a, const Node& b);

}  // namespace xrouter::grade::math
