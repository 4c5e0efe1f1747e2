// The tensors that a model of a given shape consists of, by Hugging Face name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "xrouter/weights/model_files.hpp"

namespace xrouter::weights {

struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// In the order of the computation. Precondition: check(config).
std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config);

/// Nothing when a file has no tensor of this name.
using ShapeLookup = std::function<std::optional<std::vector<std::int64_t>>(const std::string& name)>;

/// Whether all of them are there in the right shape: then the shape of the model is bounded by the size of its
/// file. Error: config.
Result<void> check_tensors(const ModelConfig& config, const std::string& file, const ShapeLookup& shape_of);

}  // namespace xrouter::weights
