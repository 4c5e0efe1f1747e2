// CRC-32C (Castagnoli, RFC 3720), as TensorBoard's files and our checkpoints use it.
#pragma once

#include <cstdint>
#include <string_view>

namespace xrouter::trainer {

/// Goes on from `crc` of the bytes before; 0 at the start.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace xrouter::trainer
