// Attention in bf16 with float32 sums: a few query rows against stretches of keys, scores never leave the cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrouter/transformer/kernels/simd.hpp"

namespace xrouter::transformer::kernels {

/// Query rows that are worked on together: the lanes of three vectors.
inline constexpr int kLanes = 48;
using LaneMask = std::uint64_t;  ///< bit i: lane i

/// Consecutive keys and values of one key head, rows of head_dim values behind each other.
struct KeySpan {
  const Bf16* keys = nullptr;
  const Bf16* values = nullptr;
  int length = 0;
  const LaneMask* seen_by = nullptr;  ///< of each key; null: all lanes see all keys
};

/// Up to kLanes query rows that attend to the same spans.
///
/// What a row has attended to so far is a state: the sum of its values weighted by 2^(score - power), the sum of these weights, and
/// the power. Powers are whole numbers, so the states of a row that goes through several blocks, one after the other, are
/// bit for bit those of one block with all their spans (as long as spans begin at even rows).
struct RowBlock {
  std::span<const Bf16* const> queries;  ///< head_dim values each
  std::span<const KeySpan> spans;
  std::span<float* const> states;        ///< of each row: head_dim values, sum, power
  int head_dim = 0;                      ///< a multiple of 32, at most kMaxHeadDim
  bool continues = false;                ///< the rows have a state already
};
inline constexpr int kMaxHeadDim = 256;
/// Power of a row that has attended to nothing: finite, because its difference to minus infinity must not be a NaN.
inline constexpr float kNoPower = -1e30F;

#if XROUTER_KERNELS_AVX512
void attend(const RowBlock& block);
#endif

}  // namespace xrouter::transformer::kernels
