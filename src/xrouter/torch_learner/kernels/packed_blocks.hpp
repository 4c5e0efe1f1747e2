// Values as the small products of attention want them: float32 as it is, bf16 in pairs along the depth of a product.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "xrouter/torch_learner/kernels/small_product.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::torch_learner::kernels {

using transformer::kernels::Bf16;
using transformer::kernels::kWidth;

/// What products of values of type T multiply: floats, or pairs of bf16.
template <class T>
using ProductValue = std::conditional_t<std::is_same_v<T, Bf16>, Pair, float>;
/// Steps of depth that one value stands for.
template <class V>
inline constexpr int kDepthOf = std::is_same_v<V, Pair> ? 2 : 1;

// Rows along the depth: a plain copy, rounding where floats become pairs.
inline void copy_row(const float* from, std::int64_t width, float* to) { std::copy_n(from, width, to); }
inline void copy_row(const Bf16* from, std::int64_t width, Pair* to) {
  std::memcpy(to, from, static_cast<std::size_t>(width) * sizeof(Bf16));
}
XROUTER_AVX512 inline void copy_row(const float* from, std::int64_t width, Pair* to) {
  for (std::int64_t i = 0; i < width; i += kWidth)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i / 2), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
}

/// Column `row` of a transpose: value d of the row goes to to[d * stride].
inline void scatter_row(const float* from, std::int64_t width, float* to, std::int64_t stride) {
  for (std::int64_t d = 0; d < width; ++d) to[d * stride] = from[d];
}
inline void scatter_row(const Bf16* from, std::int64_t width, Pair* to, std::int64_t stride) {
  for (std::int64_t d = 0; d < width; d += 2) std::memcpy(to + d / 2 * stride, from + d, sizeof(Pair));
}

XROUTER_AVX512_INLINE __m512i pairs_of(__m256i first, __m256i second) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(first), _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
}
XROUTER_AVX512_INLINE __m256i sixteen(const Bf16* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
XROUTER_AVX512_INLINE __m256i sixteen(const float* from) { return (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from)); }

/// Two neighbouring rows, the depth going across them.
template <class From>
XROUTER_AVX512 void join_rows(const From* first, const From* second, std::int64_t width, Pair* to) {
  for (std::int64_t i = 0; i < width; i += kWidth) _mm512_storeu_si512(to + i, pairs_of(sixteen(first + i), sixteen(second + i)));
}

/// Left factors from rows of floats `stride` apart, whose width is a number of vectors; `room` holds what has to be made.
inline LeftBlock<float> left_rows(const float* rows, std::int64_t stride, int, std::int64_t, float*) { return {rows, stride, 1}; }
inline LeftBlock<Pair> left_rows(const float* rows, std::int64_t stride, int count, std::int64_t width, Pair* room) {
  for (int i = 0; i < count; ++i) copy_row(rows + i * stride, width, room + i * width / 2);
  return {room, width / 2, 1};
}

/// The same turned round: its rows are columns here. A row of zeros must follow an odd number of rows.
inline LeftBlock<float> left_columns(const float* rows, std::int64_t width, int, float*) { return {rows, 1, width}; }
inline LeftBlock<Pair> left_columns(const float* rows, std::int64_t width, int count, Pair* room) {
  for (int i = 0; i < count; i += 2) join_rows(rows + i * width, rows + (i + 1) * width, width, room + i / 2 * width);
  return {room, 1, width};
}

/// A right factor whose depth goes across rows that copy_row() made. A row of zeros must follow an odd number of rows.
inline RightBlock<float> right_rows(const float* rows, std::int64_t width, int, float*) { return {rows, width}; }
inline RightBlock<Pair> right_rows(const Pair* rows, std::int64_t width, int count, Pair* room) {
  const auto* from = reinterpret_cast<const Bf16*>(rows);
  for (int i = 0; i < count; i += 2) join_rows(from + i * width, from + (i + 1) * width, width, room + i / 2 * width);
  return {room, width};
}

}  // namespace xrouter::torch_learner::kernels

#endif
