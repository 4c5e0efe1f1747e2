// From model files to tensors: converted and fused once, nothing held twice.
#pragma once

#include "xrouter/base/result.hpp"
#include "xrouter/transformer/model.hpp"

namespace xrouter::transformer {

/// Reads every weight in `dtype` onto `device`. At any time at most one fused weight exists twice (in the
/// files' type and in `dtype`). Errors: config, naming the tensor whose presence or shape does not fit.
Result<ModelWeights> load_weights(const weights::ModelFiles& files, at::ScalarType dtype, at::Device device);

/// Small random weights of a shape, for tests and benchmarks: the same for the same seed.
ModelWeights random_weights(const weights::ModelConfig& config, std::uint64_t seed, at::ScalarType dtype, at::Device device);

}  // namespace xrouter::transformer
