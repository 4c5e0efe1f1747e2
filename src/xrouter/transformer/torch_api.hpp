// The only door to libtorch: what every file here needs of it, and what differs between 1.13 and 2.x.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <cstdint>

namespace xrouter::transformer {

using at::Tensor;

/// Sums, norms and softmax are computed in it: float32, and float64 for models in float64 (gradient tests).
inline at::ScalarType accumulation_type(at::ScalarType type) { return type == at::kDouble ? at::kDouble : at::kFloat; }

}  // namespace xrouter::transformer
