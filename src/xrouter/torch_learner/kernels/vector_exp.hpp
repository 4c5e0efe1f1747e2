// The exponential of a vector, to the last bits of float32: gradients are compared with finite differences.
#pragma once

#include "xrouter/transformer/kernels/vectors.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::torch_learner::kernels {

/// e^x, good to 1e-7 relative; 0 below -87, minus infinity included. Not for x above 88.
XROUTER_AVX512_INLINE __m512 exp_of(__m512 x) {
  const __mmask16 there = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87), _CMP_GT_OQ);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)), 0x08);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375F), x);  // log 2 in two parts: n times the first is exact
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4F), r);
  // Taylor's series of 7 terms, its coefficients trimmed to |r| <= log(2) / 2.
  __m512 y = _mm512_set1_ps(1.9875691e-4F);
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.3981999e-3F));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(8.3334519e-3F));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(4.1665796e-2F));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.6666665e-1F));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(5.0000001e-1F));
  y = _mm512_fmadd_ps(y, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1)));
  return _mm512_maskz_scalef_ps(there, y, n);
}

XROUTER_AVX512_INLINE __m512 sigmoid_of(__m512 x) {
  // Below -87 the sigmoid is 0 for float32; above 87 its counterpart is.
  const __m512 e = exp_of(_mm512_min_ps(_mm512_sub_ps(_mm512_setzero_ps(), x), _mm512_set1_ps(87)));
  return _mm512_div_ps(_mm512_set1_ps(1), _mm512_add_ps(_mm512_set1_ps(1), e));
}

}  // namespace xrouter::torch_learner::kernels

#endif
