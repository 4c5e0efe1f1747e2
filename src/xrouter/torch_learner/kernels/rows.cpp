#include "xrouter/torch_learner/kernels/rows.hpp"

#if XROUTER_KERNELS_AVX512

#include <cmath>
#include <limits>

#include "xrouter/torch_learner/kernels/vector_exp.hpp"

namespace xrouter::torch_learner::kernels {

using transformer::kernels::kWidth;
using transformer::kernels::load;
using transformer::kernels::store;

namespace {

XROUTER_AVX512_INLINE __m512 splat(float x) { return _mm512_set1_ps(x); }

/// Lanes that are left of `width` at `at`.
XROUTER_AVX512_INLINE __mmask16 lanes(int width, int at) {
  return width - at >= kWidth ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << static_cast<unsigned>(width - at)) - 1U);
}

XROUTER_AVX512_INLINE void store_some(float* to, __mmask16 lane, __m512 x) { _mm512_mask_storeu_ps(to, lane, x); }
XROUTER_AVX512_INLINE void store_some(Bf16* to, __mmask16 lane, __m512 x) {
  _mm256_mask_storeu_epi16(to, lane, (__m256i)_mm512_cvtneps_pbh(x));
}

}  // namespace

template <class T>
XROUTER_AVX512 float rms_norm_row(const float* x, const T* weight, float eps, int width, T* out) {
  __m512 sum = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kWidth) sum = _mm512_fmadd_ps(load(x + i), load(x + i), sum);
  const float inverse = 1 / std::sqrt(_mm512_reduce_add_ps(sum) / static_cast<float>(width) + eps);
  for (int i = 0; i < width; i += kWidth) store(out + i, _mm512_mul_ps(_mm512_mul_ps(load(x + i), splat(inverse)), load(weight + i)));
  return inverse;
}

template <class T>
XROUTER_AVX512 void rms_norm_backward_row(const float* dy, const float* x, float inverse, const T* weight, int width, float* dx,
                                          float* dweight) {
  __m512 sum = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kWidth) sum = _mm512_fmadd_ps(_mm512_mul_ps(load(dy + i), load(weight + i)), load(x + i), sum);
  const float along = _mm512_reduce_add_ps(sum) / static_cast<float>(width) * inverse * inverse * inverse;
  for (int i = 0; i < width; i += kWidth) {
    const __m512 scaled = _mm512_mul_ps(_mm512_mul_ps(load(dy + i), load(weight + i)), splat(inverse));
    store(dx + i, _mm512_add_ps(load(dx + i), _mm512_fnmadd_ps(load(x + i), splat(along), scaled)));
  }
  if (dweight == nullptr) return;
  for (int i = 0; i < width; i += kWidth)
    store(dweight + i, _mm512_fmadd_ps(_mm512_mul_ps(load(dy + i), load(x + i)), splat(inverse), load(dweight + i)));
}

template <class T>
XROUTER_AVX512 void silu_mul_row(const T* gate_up, int n, T* out) {
  for (int i = 0; i < n; i += kWidth) {
    const __m512 gate = load(gate_up + i);
    store(out + i, _mm512_mul_ps(_mm512_mul_ps(gate, sigmoid_of(gate)), load(gate_up + n + i)));
  }
}

template <class T>
XROUTER_AVX512 void silu_mul_backward_row(const float* dy, const T* gate_up, int n, T* out) {
  for (int i = 0; i < n; i += kWidth) {
    const __m512 gate = load(gate_up + i), up = load(gate_up + n + i), d = load(dy + i);
    const __m512 open = sigmoid_of(gate);
    const __m512 silu = _mm512_mul_ps(gate, open);
    // open (1 + gate (1 - open)) = open + silu (1 - open)
    const __m512 slope = _mm512_fmadd_ps(silu, _mm512_sub_ps(splat(1), open), open);
    store(out + i, _mm512_mul_ps(_mm512_mul_ps(d, up), slope));
    store(out + n + i, _mm512_mul_ps(d, silu));
  }
}

namespace {

/// The rotation by the angles, or by their negatives.
template <class From, class T>
XROUTER_AVX512 void turn(const From* from, int heads, int dim, const float* cos, const float* sin, float sign, T* to) {
  const int half = dim / 2;
  for (int head = 0; head < heads; ++head, from += dim, to += dim) {
    for (int i = 0; i < half; i += kWidth) {
      const __m512 first = load(from + i), second = load(from + half + i);
      const __m512 c = load(cos + i), s = _mm512_mul_ps(load(sin + i), splat(sign));
      store(to + i, _mm512_fmsub_ps(first, c, _mm512_mul_ps(second, s)));
      store(to + half + i, _mm512_fmadd_ps(second, c, _mm512_mul_ps(first, s)));
    }
  }
}

}  // namespace

template <class T>
XROUTER_AVX512 void rotate_row(const T* from, int heads, int dim, const float* cos, const float* sin, T* to) {
  turn(from, heads, dim, cos, sin, 1, to);
}

template <class T>
XROUTER_AVX512 void rotate_back_row(const float* from, int heads, int dim, const float* cos, const float* sin, T* to) {
  turn(from, heads, dim, cos, sin, -1, to);
}

template <class T>
XROUTER_AVX512 void narrow_row(const float* from, int width, T* to) {
  for (int i = 0; i < width; i += kWidth) store(to + i, load(from + i));
}

XROUTER_AVX512 RowScore score_row(const float* logits, int width) {
  const __m512 nothing = splat(-std::numeric_limits<float>::infinity());
  __m512 largest = nothing;
  for (int i = 0; i < width; i += kWidth) largest = _mm512_max_ps(largest, _mm512_mask_loadu_ps(nothing, lanes(width, i), logits + i));
  const float top = _mm512_reduce_max_ps(largest);
  __m512 sum = _mm512_setzero_ps(), along = _mm512_setzero_ps();
  for (int i = 0; i < width; i += kWidth) {
    const __m512 below = _mm512_sub_ps(_mm512_mask_loadu_ps(nothing, lanes(width, i), logits + i), splat(top));
    const __m512 p = exp_of(below);
    sum = _mm512_add_ps(sum, p);
    // A token that is not allowed has p = 0 and log p = minus infinity: it adds nothing.
    const __mmask16 there = _mm512_cmp_ps_mask(p, _mm512_setzero_ps(), _CMP_GT_OQ);
    along = _mm512_mask3_fmadd_ps(p, below, along, there);
  }
  const float total = _mm512_reduce_add_ps(sum);
  return {top + std::log(total), std::log(total) - _mm512_reduce_add_ps(along) / total};
}

template <class T>
XROUTER_AVX512 void score_backward_row(const float* logits, int width, RowScore score, int chosen, float by_logprob, float by_entropy,
                                       T* out) {
  for (int i = 0; i < width; i += kWidth) {
    const __mmask16 lane = lanes(width, i);
    const __m512 logprob = _mm512_sub_ps(_mm512_maskz_loadu_ps(lane, logits + i), splat(score.lse));
    const __m512 p = exp_of(logprob);
    const __mmask16 there = _mm512_cmp_ps_mask(p, _mm512_setzero_ps(), _CMP_GT_OQ);
    const __m512 slope = _mm512_fmadd_ps(splat(by_entropy), _mm512_add_ps(logprob, splat(score.entropy)), splat(by_logprob));
    store_some(out + i, lane, _mm512_maskz_sub_ps(there, _mm512_setzero_ps(), _mm512_mul_ps(p, slope)));
  }
  const float logprob = logits[chosen] - score.lse, p = std::exp(logprob);
  const float value = by_logprob - p * (by_logprob + by_entropy * (logprob + score.entropy));
  store_some(out + chosen, 1, splat(value));
}

XROUTER_AVX512 void add_row(const float* from, int width, float* to) {
  for (int i = 0; i < width; i += kWidth) {
    const __mmask16 lane = lanes(width, i);
    store_some(to + i, lane, _mm512_add_ps(_mm512_maskz_loadu_ps(lane, to + i), _mm512_maskz_loadu_ps(lane, from + i)));
  }
}

#define XROUTER_ROWS_OF(T)                                                                               \
  template float rms_norm_row(const float*, const T*, float, int, T*);                                   \
  template void rms_norm_backward_row(const float*, const float*, float, const T*, int, float*, float*); \
  template void silu_mul_row(const T*, int, T*);                                                         \
  template void silu_mul_backward_row(const float*, const T*, int, T*);                                  \
  template void rotate_row(const T*, int, int, const float*, const float*, T*);                          \
  template void rotate_back_row(const float*, int, int, const float*, const float*, T*);                 \
  template void narrow_row(const float*, int, T*);                                                       \
  template void score_backward_row(const float*, int, RowScore, int, float, float, T*);
XROUTER_ROWS_OF(float)
XROUTER_ROWS_OF(Bf16)
#undef XROUTER_ROWS_OF

}  // namespace xrouter::torch_learner::kernels

#endif
