// SHA-256 (FIPS 180-4), for checking what was downloaded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "xrouter/base/result.hpp"

namespace xrouter::weights {

class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// 64 lower-case hex digits. Nothing may be added afterwards.
  std::string finish();

 private:
  void mix(const std::byte* block);
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> held_{};
  std::uint64_t length_ = 0;
};

/// Error: config when the file cannot be read.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace xrouter::weights
