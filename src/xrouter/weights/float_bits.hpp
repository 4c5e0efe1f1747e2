// Half and bfloat16 numbers as bits. Little-endian machines only, as the files are.
#pragma once

#include <bit>
#include <cstdint>

namespace xrouter::weights {

static_assert(std::endian::native == std::endian::little, "model files are read as they lie in memory");

/// Exact.
inline float f32_of_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

/// Exact; a NaN keeps its payload and becomes quiet.
inline float f32_of_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {  // zero and subnormal numbers: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13) | (fraction ? 0x400000U : 0U));
  return std::bit_cast<float>(sign | ((exponent + 112U) << 23) | (fraction << 13));
}

/// Rounded to nearest, ties to even; a NaN stays one.
inline std::uint16_t bf16_of_f32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

}  // namespace xrouter::weights
