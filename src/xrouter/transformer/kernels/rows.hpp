// Work on single rows between the products: norms, rotation, activation. Sums are float32.
#pragma once

#include "xrouter/transformer/kernels/simd.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::transformer::kernels {

/// out = x / rms(x) * weight. `width` is a multiple of 16, here and below.
void rms_norm_row(const float* x, const Bf16* weight, float eps, int width, Bf16* out);
/// residual += delta, then its norm.
void add_rms_norm_row(float* residual, const Bf16* delta, const Bf16* weight, float eps, int width, Bf16* out);

/// out = x * factor.
void scale_row(const float* x, float factor, int width, Bf16* out);

/// [gate, up] to silu(gate) * up.
void silu_mul_row(const Bf16* gate_up, int width, Bf16* out);

/// One head: normed where `norm` is given, then rotated by the first and second half; head_dim is a multiple of 32.
struct RotatedHead {
  const Bf16* norm = nullptr;
  float eps = 0;
  const float* cos = nullptr;  ///< [head_dim / 2]
  const float* sin = nullptr;
  int head_dim = 0;
};
void rotate_head(const Bf16* x, const RotatedHead& by, Bf16* out);

}  // namespace xrouter::transformer::kernels

#endif
