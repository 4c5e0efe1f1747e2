#pragma once

#include <cstdint>
#include <string>

namespace xrouter::eval {

/// 16 lower-case hex digits, as keys and hashes are written in a run's files.
inline std::string hex16(std::uint64_t value) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return out;
}

}  // namespace xrouter::eval
