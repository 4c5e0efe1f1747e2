// Sizes of tensors without overflow.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

inline constexpr std::size_t kMaxDimensions = 8;

inline std::size_t bytes_of(DType dtype) { return dtype == DType::f32 ? 4 : 2; }

/// a * b, nothing when it does not fit.
inline std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

/// Number of values of a shape; nothing when it does not fit into 63 bits or a dimension is negative.
inline std::optional<std::uint64_t> values_of(std::span<const std::int64_t> shape) {
  std::uint64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    const auto next = product(count, static_cast<std::uint64_t>(dimension));
    if (!next || *next > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    count = *next;
  }
  return count;
}

/// "[49152, 576]"
inline std::string shape_text(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (const std::int64_t dimension : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(dimension);
  return out + "]";
}

}  // namespace xrouter::weights
