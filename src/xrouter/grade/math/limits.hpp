// What a mathematical answer may cost. Every limit is on steps or sizes, never on time.
#pragma once

#include <cstddef>

namespace xrouter::grade::math {

inline constexpr std::size_t kMaxBytes = 10'000;     // of an answer
inline constexpr int kMaxDepth = 64;                 // of its tree
inline constexpr std::size_t kMaxNodes = 2'000;      // of its tree
inline constexpr long kMaxBits = 1L << 17;           // of an exact number (2024^4046 has 44,436)
inline constexpr long kMaxFactorial = 5'000;         // 5000! has 54,000 bits
inline constexpr long kMaxExponentBits = 1L << 20;   // of a ball: larger magnitudes are not computed
inline constexpr long kMaxDecimalExponent = 30'000;  // of 1e30000

}  // namespace xrouter::grade::math
