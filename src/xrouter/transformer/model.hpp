// The decoder of the Llama and Qwen2/2.5/3 families: its weights and its layers, for serving and for training.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/transformer/ops.hpp"
#include "xrouter/transformer/pass.hpp"
#include "xrouter/weights/model_files.hpp"

namespace xrouter::transformer {

struct LayerWeights {
  Tensor input_norm, post_attention_norm;  ///< [hidden]
  Linear qkv, o, gate_up, down;
  HeadNorms head_norms;
};

/// All tensors are on one device and in one type. Fused weights hold Hugging Face's ones behind each other.
struct ModelWeights {
  weights::ModelConfig config;
  Tensor embedding;  ///< [vocab, hidden]
  std::vector<LayerWeights> layers;
  Tensor final_norm;
  Linear lm_head;  ///< its weight is `embedding` itself where the two are tied
};

/// One of Hugging Face's linear layers: rows [begin, begin + rows) of a fused one.
struct LinearPart {
  std::string module;  ///< such as model.layers.0.self_attn.q_proj
  Linear* linear = nullptr;
  std::int64_t begin = 0, rows = 0;
};
/// Of all layers, in order. They point into `weights`.
std::vector<LinearPart> linear_parts(ModelWeights& weights);

/// A tensor under its Hugging Face name; a view where it is part of a fused one.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};
/// In the order of the layers. Without packed weights and low-rank updates; a tied lm_head is not repeated.
std::vector<NamedTensor> named_tensors(ModelWeights& weights);
/// The tensors that autograd and an optimizer see: the fused ones, each once.
std::vector<Tensor> trainable_tensors(const ModelWeights& weights);

/// Lets the operations pack every linear layer, once, after loading and after adapters.
void prepare(ModelWeights& weights, const Ops& ops);

/// Shape of the fused projections.
HeadShape head_shape(const weights::ModelConfig& config);

/// Immutable but for what its owner does to the weights.
class Decoder {
 public:
  Decoder(ModelWeights weights, std::shared_ptr<const Ops> ops);

  /// Hidden states behind the final norm of the wanted rows [R, hidden]; writes the cache of the pass's
  /// sequences. Autograd follows when it is on.
  Tensor hidden(const Pass& pass) const;
  /// [R, vocab] in float32.
  Tensor logits(const Tensor& hidden) const;

  const ModelWeights& weights() const { return weights_; }
  at::Device device() const { return weights_.embedding.device(); }
  at::ScalarType dtype() const { return weights_.embedding.scalar_type(); }
  KvLayout kv_layout() const;

 private:
  Rotary rotary(const Tensor& positions) const;

  ModelWeights weights_;
  std::shared_ptr<const Ops> ops_;
  Tensor inverse_frequencies_;  ///< float32 [head_dim / 2]
};

/// As transformers computes them, in float32, with Llama 3's scaling where configured.
Tensor rotary_frequencies(const weights::ModelConfig& config);

}  // namespace xrouter::transformer
