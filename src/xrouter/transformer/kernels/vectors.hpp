// Small vector functions that several kernels share.
#pragma once

#include "xrouter/transformer/kernels/simd.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::transformer::kernels {

inline constexpr int kWidth = 16;  ///< floats of a vector

XROUTER_AVX512_INLINE __m512bh as_bf16(__m512i x) { return (__m512bh)x; }

/// 2^x, good to 4e-6 relative: more than bf16 keeps. Minus infinity gives 0.
XROUTER_AVX512_INLINE __m512 exp2_of(__m512 x) {
  const __m512 fraction = _mm512_reduce_ps(x, 0x09);  // x - floor(x)
  __m512 y = _mm512_set1_ps(1.3697664e-2F);
  y = _mm512_fmadd_ps(y, fraction, _mm512_set1_ps(5.1690267e-2F));
  y = _mm512_fmadd_ps(y, fraction, _mm512_set1_ps(2.4163836e-1F));
  y = _mm512_fmadd_ps(y, fraction, _mm512_set1_ps(6.9296651e-1F));
  y = _mm512_fmadd_ps(y, fraction, _mm512_set1_ps(1.0000037F));
  return _mm512_scalef_ps(y, x);
}

XROUTER_AVX512_INLINE __m512 widen(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }
XROUTER_AVX512_INLINE __m512 load(const float* x) { return _mm512_loadu_ps(x); }
XROUTER_AVX512_INLINE __m512 load(const Bf16* x) { return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x))); }
XROUTER_AVX512_INLINE void store(float* to, __m512 x) { _mm512_storeu_ps(to, x); }
XROUTER_AVX512_INLINE void store(Bf16* to, __m512 x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(x)); }

}  // namespace xrouter::transformer::kernels

#endif
