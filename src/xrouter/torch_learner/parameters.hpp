// What learns, in flat buffers: weights in float32, their gradients and the optimizer's moments, side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrouter/learner/learner.hpp"
#include "xrouter/transformer/model.hpp"

namespace xrouter::torch_learner {

using transformer::ModelWeights;
using transformer::Tensor;

/// One stretch of the flat buffers.
struct Parameter {
  std::string name;  ///< of Hugging Face or PEFT; fused tensors have several
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0, size = 0;
  bool decays = false;  ///< weight decay: matrices, the embedding included; not norms and biases
};

struct Parameters {
  Tensor values, gradients, first_moment, second_moment;  ///< float32, contiguous; gaps between parameters stay 0
  std::vector<Parameter> list;
  std::int64_t steps = 0;

  std::int64_t count() const;  ///< without gaps
};

/// Zeros in the shape of all weights.
Parameters full_parameters(const weights::ModelConfig& config, at::Device device);
/// The weights as views of such a flat buffer (float32, or a copy of it in another type), fused as the decoder wants them.
ModelWeights weights_in(const weights::ModelConfig& config, const Tensor& flat);

/// An adapter: A drawn from the seed, B zero. The A matrices of projections that are fused lie behind each other. Error: config, for a
/// module that the model has not, a rank out of range.
Result<Parameters> adapter_parameters(const weights::ModelConfig& config, const learner::LoraOptions& options, std::uint64_t seed,
                                      at::Device device);
/// Puts the pairs beside the layers of `weights`, as views of a flat buffer of adapter_parameters().
void place_adapter(ModelWeights& weights, const Parameters& layout, const Tensor& flat, const learner::LoraOptions& options);

/// Draws all weights of a new model: normal with deviation 0.02, products that end in the residual stream
/// 1/sqrt(2 layers) of that, norms 1, biases 0. The same for the same seed, whatever the processor.
void draw_fresh(Parameters& parameters, std::int64_t layers, std::uint64_t seed);

}  // namespace xrouter::torch_learner
