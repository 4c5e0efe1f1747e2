// What happens to one row of a pass, in AVX-512. T is the type of the computation: float or Bf16. Widths are multiples of 16
// unless something else is said.
#pragma once

#include "xrouter/transformer/kernels/simd.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::torch_learner::kernels {

using transformer::kernels::Bf16;

/// Returns one over the root of the mean square.
template <class T>
XROUTER_AVX512 float rms_norm_row(const float* x, const T* weight, float eps, int width, T* out);
/// dx += its gradient. dweight += dy * x * inverse, unless it is null.
template <class T>
XROUTER_AVX512 void rms_norm_backward_row(const float* dy, const float* x, float inverse, const T* weight, int width, float* dx,
                                          float* dweight);

/// [gate, up] of 2 n to n.
template <class T>
XROUTER_AVX512 void silu_mul_row(const T* gate_up, int n, T* out);
template <class T>
XROUTER_AVX512 void silu_mul_backward_row(const float* dy, const T* gate_up, int n, T* out);

/// `heads` heads of `dim` values turned by the angles of one position; dim is a multiple of 32.
template <class T>
XROUTER_AVX512 void rotate_row(const T* from, int heads, int dim, const float* cos, const float* sin, T* to);
/// The same backwards, from gradients.
template <class T>
XROUTER_AVX512 void rotate_back_row(const float* from, int heads, int dim, const float* cos, const float* sin, T* to);
template <class T>
XROUTER_AVX512 void narrow_row(const float* from, int width, T* to);

/// Of the softmax of a row of logits of any width (minus infinity: not allowed).
struct RowScore {
  float lse, entropy;
};
XROUTER_AVX512 RowScore score_row(const float* logits, int width);
/// by_logprob * (onehot - p) - by_entropy * p * (log p + entropy).
template <class T>
XROUTER_AVX512 void score_backward_row(const float* logits, int width, RowScore score, int chosen, float by_logprob, float by_entropy,
                                       T* out);

/// to += from.
XROUTER_AVX512 void add_row(const float* from, int width, float* to);

}  // namespace xrouter::torch_learner::kernels

#endif
