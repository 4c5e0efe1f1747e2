// Products of blocks that lie in the processor's nearer caches, on one thread, in float32.
#pragma once

#include <cstdint>

#include "xrouter/transformer/kernels/vectors.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::torch_learner::kernels {

/// The left factor: element (i, k) is at data[i * row + k * depth], so that a transpose is another pair of strides.
struct LeftBlock {
  const float* data;
  std::int64_t row, depth;
};

/// Rows of whole vectors, `stride` floats apart.
struct RightBlock {
  const float* data;
  std::int64_t stride;
};
struct TargetBlock {
  float* data;
  std::int64_t stride;
};

/// Six rows by four vectors keep 24 sums in registers: every value that is read serves four to six multiplications.
template <int kRows, int kVectors>
XROUTER_AVX512_INLINE void multiply_tile(LeftBlock a, RightBlock b, TargetBlock c, int depth, bool add) {
  using transformer::kernels::kWidth;
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sums[i][j] = add ? _mm512_loadu_ps(c.data + i * c.stride + j * kWidth) : _mm512_setzero_ps();
  for (int k = 0; k < depth; ++k) {
    __m512 right[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) right[j] = _mm512_loadu_ps(b.data + k * b.stride + j * kWidth);
#pragma GCC unroll 6
    for (int i = 0; i < kRows; ++i) {
      const __m512 left = _mm512_set1_ps(a.data[i * a.row + k * a.depth]);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = _mm512_fmadd_ps(left, right[j], sums[i][j]);
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) _mm512_storeu_ps(c.data + i * c.stride + j * kWidth, sums[i][j]);
}

template <int kVectors>
XROUTER_AVX512_INLINE void multiply_columns(LeftBlock a, RightBlock b, TargetBlock c, int rows, int depth, bool add) {
  constexpr int kFull = 6;
  int i = 0;
  const auto left = [&] { return LeftBlock{a.data + i * a.row, a.row, a.depth}; };
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
XROUTER_AVX512 inline void multiply_block(LeftBlock a, RightBlock b, TargetBlock c, int rows, int vectors, int depth, bool add) {
  using transformer::kernels::kWidth;
  constexpr int kFull = 4;
  int j = 0;
  const auto right = [&] { return RightBlock{b.data + j * kWidth, b.stride}; };
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
