// Products of blocks that lie in the processor's nearer caches, on one thread: of float32, or of bf16 with sums in float32.
#pragma once

#include <cstdint>

#include "xrouter/transformer/kernels/vectors.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::torch_learner::kernels {

/// Two bf16 values that follow each other along the depth of a product, the first one in the lower half.
using Pair = std::uint32_t;

/// The left factor: element (i, k) is at data[i * row + k * depth], so that a transpose is another pair of strides. Depths
/// of Pairs are counted in pairs.
template <class V>
struct LeftBlock {
  const V* data;
  std::int64_t row, depth;
};

/// Rows of whole vectors, `stride` values apart.
template <class V>
struct RightBlock {
  const V* data;
  std::int64_t stride;
};
struct TargetBlock {
  float* data;
  std::int64_t stride;
};

XROUTER_AVX512_INLINE __m512 add_products(__m512 sum, float left, __m512 right) {
  return _mm512_fmadd_ps(_mm512_set1_ps(left), right, sum);
}
XROUTER_AVX512_INLINE __m512 add_products(__m512 sum, Pair left, __m512i right) {
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(static_cast<int>(left)), (__m512bh)right);
}
XROUTER_AVX512_INLINE __m512 load_values(const float* from) { return _mm512_loadu_ps(from); }
XROUTER_AVX512_INLINE __m512i load_values(const Pair* from) { return _mm512_loadu_si512(from); }

/// Six rows by four vectors keep 24 sums in registers: every value that is read serves four to six multiplications.
template <int kRows, int kVectors, class V>
XROUTER_AVX512_INLINE void multiply_tile(LeftBlock<V> a, RightBlock<V> b, TargetBlock c, int depth, bool add) {
  using transformer::kernels::kWidth;
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sums[i][j] = add ? _mm512_loadu_ps(c.data + i * c.stride + j * kWidth) : _mm512_setzero_ps();
  for (int k = 0; k < depth; ++k) {
    decltype(load_values(b.data)) right[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) right[j] = load_values(b.data + k * b.stride + j * kWidth);
#pragma GCC unroll 6
    for (int i = 0; i < kRows; ++i) {
      const V left = a.data[i * a.row + k * a.depth];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = add_products(sums[i][j], left, right[j]);
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) _mm512_storeu_ps(c.data + i * c.stride + j * kWidth, sums[i][j]);
}

template <int kVectors, class V>
XROUTER_AVX512_INLINE void multiply_columns(LeftBlock<V> a, RightBlock<V> b, TargetBlock c, int rows, int depth, bool add) {
  constexpr int kFull = 6;
  int i = 0;
  const auto left = [&] { return LeftBlock<V>{a.data + i * a.row, a.row, a.depth}; };
  const auto target = [&] { return TargetBlock{c.data + i * c.stride, c.stride}; };
  for (; i + kFull <= rows; i += kFull) multiply_tile<kFull, kVectors>(left(), b, target(), depth, add);
  switch (rows - i) {
    case 5:
      return multiply_tile<5, kVectors>(left(), b, target(), depth, add);
    case 4:
      return multiply_tile<4, kVectors>(left(), b, target(), depth, add);
    case 3:
      return multiply_tile<3, kVectors>(left(), b, target(), depth, add);
    case 2:
      return multiply_tile<2, kVectors>(left(), b, target(), depth, add);
    case 1:
      return multiply_tile<1, kVectors>(left(), b, target(), depth, add);
    default:
      return;
  }
}

/// c [rows, 16 vectors] = a [rows, depth] b (+ c, with `add`).
template <class V>
XROUTER_AVX512 void multiply_block(LeftBlock<V> a, RightBlock<V> b, TargetBlock c, int rows, int vectors, int depth, bool add) {
  using transformer::kernels::kWidth;
  constexpr int kFull = 4;
  int j = 0;
  const auto right = [&] { return RightBlock<V>{b.data + j * kWidth, b.stride}; };
  const auto target = [&] { return TargetBlock{c.data + j * kWidth, c.stride}; };
  for (; j + kFull <= vectors; j += kFull) multiply_columns<kFull>(a, right(), target(), rows, depth, add);
  switch (vectors - j) {
    case 3:
      return multiply_columns<3>(a, right(), target(), rows, depth, add);
    case 2:
      return multiply_columns<2>(a, right(), target(), rows, depth, add);
    case 1:
      return multiply_columns<1>(a, right(), target(), rows, depth, add);
    default:
      return;
  }
}

}  // namespace xrouter::torch_learner::kernels

#endif
