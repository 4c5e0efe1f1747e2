#include "xrouter/transformer/kernels/rows.hpp"

#include <cmath>

#include "xrouter/transformer/kernels/vectors.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::transformer::kernels {

namespace {

XROUTER_AVX512_INLINE float rms_factor(__m512 squares, float eps, int width) {
  return 1 / std::sqrt(_mm512_reduce_add_ps(squares) / static_cast<float>(width) + eps);
}

template <class X>
XROUTER_AVX512_INLINE void weigh_row(const X* x, const Bf16* weight, float factor, int width, Bf16* out) {
  const __m512 by = _mm512_set1_ps(factor);
  for (int i = 0; i < width; i += kWidth) store(out + i, _mm512_mul_ps(_mm512_mul_ps(load(x + i), by), load(weight + i)));
}

template <class X>
XROUTER_AVX512_INLINE float rms_factor_of(const X* x, float eps, int width) {
  __m512 squares = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kWidth) {
    const __m512 value = load(x + i);
    squares = _mm512_fmadd_ps(value, value, squares);
  }
  return rms_factor(squares, eps, width);
}

}  // namespace

XROUTER_AVX512 void rms_norm_row(const float* x, const Bf16* weight, float eps, int width, Bf16* out) {
  weigh_row(x, weight, rms_factor_of(x, eps, width), width, out);
}

XROUTER_AVX512 void add_rms_norm_row(float* residual, const Bf16* delta, const Bf16* weight, float eps, int width, Bf16* out) {
  __m512 squares = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kWidth) {
    const __m512 sum = _mm512_add_ps(load(residual + i), load(delta + i));
    squares = _mm512_fmadd_ps(sum, sum, squares);
    store(residual + i, sum);
  }
  weigh_row(residual, weight, rms_factor(squares, eps, width), width, out);
}

XROUTER_AVX512 void scale_row(const float* x, float factor, int width, Bf16* out) {
  const __m512 by = _mm512_set1_ps(factor);
  for (int i = 0; i < width; i += kWidth) store(out + i, _mm512_mul_ps(load(x + i), by));
}

XROUTER_AVX512 void silu_mul_row(const Bf16* gate_up, int width, Bf16* out) {
  const __m512 one = _mm512_set1_ps(1), minus_log2_e = _mm512_set1_ps(-1.44269504F);
  for (int i = 0; i < width; i += kWidth) {
    const __m512 gate = load(gate_up + i), up = load(gate_up + width + i);
    const __m512 power = exp2_of(_mm512_mul_ps(gate, minus_log2_e));
    store(out + i, _mm512_mul_ps(_mm512_div_ps(gate, _mm512_add_ps(one, power)), up));
  }
}

XROUTER_AVX512 void rotate_head(const Bf16* x, const RotatedHead& by, Bf16* out) {
  const int half = by.head_dim / 2;
  const __m512 factor = _mm512_set1_ps(by.norm == nullptr ? 1.0F : rms_factor_of(x, by.eps, by.head_dim));
  for (int i = 0; i < half; i += kWidth) {
    __m512 first = load(x + i), second = load(x + half + i);
    if (by.norm != nullptr) {
      first = _mm512_mul_ps(_mm512_mul_ps(first, factor), load(by.norm + i));
      second = _mm512_mul_ps(_mm512_mul_ps(second, factor), load(by.norm + half + i));
    }
    const __m512 cos = load(by.cos + i), sin = load(by.sin + i);
    store(out + i, _mm512_fmsub_ps(first, cos, _mm512_mul_ps(second, sin)));
    store(out + half + i, _mm512_fmadd_ps(second, cos, _mm512_mul_ps(first, sin)));
  }
}

}  // namespace xrouter::transformer::kernels

#endif
