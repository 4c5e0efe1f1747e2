#include "xrouter/transformer/model.hpp"

#include <cmath>
#include <numbers>

#include "xrouter/base/assert.hpp"

namespace xrouter::transformer {

HeadShape head_shape(const weights::ModelConfig& config) { return {config.heads, config.kv_heads, config.head_dim}; }

namespace {

std::vector<LinearPart> linear_parts_of(LayerWeights& layer, const std::string& prefix, const weights::ModelConfig& config) {
  const auto q_width = config.heads * config.head_dim, kv_width = config.kv_heads * config.head_dim, inter = config.intermediate_size;
  return {{prefix + "self_attn.q_proj", &layer.qkv, 0, q_width},
          {prefix + "self_attn.k_proj", &layer.qkv, q_width, kv_width},
          {prefix + "self_attn.v_proj", &layer.qkv, q_width + kv_width, kv_width},
          {prefix + "self_attn.o_proj", &layer.o, 0, config.hidden_size},
          {prefix + "mlp.gate_proj", &layer.gate_up, 0, inter},
          {prefix + "mlp.up_proj", &layer.gate_up, inter, inter},
          {prefix + "mlp.down_proj", &layer.down, 0, config.hidden_size}};
}

std::string prefix_of(std::size_t layer) { return "model.layers." + std::to_string(layer) + "."; }

}  // namespace

std::vector<LinearPart> linear_parts(ModelWeights& weights) {
  std::vector<LinearPart> all;
  for (std::size_t index = 0; index < weights.layers.size(); ++index)
    for (LinearPart& part : linear_parts_of(weights.layers[index], prefix_of(index), weights.config)) all.push_back(std::move(part));
  return all;
}

std::vector<NamedTensor> named_tensors(ModelWeights& weights) {
  std::vector<NamedTensor> named;
  const auto add = [&named](const std::string& name, const Tensor& tensor) {
    if (tensor.defined()) named.push_back({name, tensor});
  };
  add("model.embed_tokens.weight", weights.embedding);
  for (std::size_t index = 0; index < weights.layers.size(); ++index) {
    LayerWeights& layer = weights.layers[index];
    const std::string prefix = prefix_of(index);
    add(prefix + "input_layernorm.weight", layer.input_norm);
    for (const LinearPart& part : linear_parts_of(layer, prefix, weights.config)) {
      add(part.module + ".weight", part.linear->weight.narrow(0, part.begin, part.rows));
      if (part.linear->bias.defined()) add(part.module + ".bias", part.linear->bias.narrow(0, part.begin, part.rows));
    }
    add(prefix + "self_attn.q_norm.weight", layer.head_norms.q);
    add(prefix + "self_attn.k_norm.weight", layer.head_norms.k);
    add(prefix + "post_attention_layernorm.weight", layer.post_attention_norm);
  }
  add("model.norm.weight", weights.final_norm);
  if (!weights.config.tie_word_embeddings) add("lm_head.weight", weights.lm_head.weight);
  return named;
}

std::vector<Tensor> trainable_tensors(const ModelWeights& weights) {
  std::vector<Tensor> all{weights.embedding};
  const auto add = [&all](const Tensor& tensor) {
    if (tensor.defined()) all.push_back(tensor);
  };
  for (const LayerWeights& layer : weights.layers) {
    add(layer.input_norm);
    for (const Linear* linear : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) {
      add(linear->weight);
      add(linear->bias);
    }
    add(layer.head_norms.q);
    add(layer.head_norms.k);
    add(layer.post_attention_norm);
  }
  add(weights.final_norm);
  if (!weights.config.tie_word_embeddings) add(weights.lm_head.weight);
  return all;
}

void prepare(ModelWeights& weights, const Ops& ops) {
  for (LayerWeights& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) ops.prepare(*linear, false);
  ops.prepare(weights.lm_head, weights.config.tie_word_embeddings);
}

Tensor rotary_frequencies(const weights::ModelConfig& config) {
  const auto half = config.head_dim / 2;
  const Tensor exponents = at::arange(0, config.head_dim, 2, at::kFloat) / static_cast<double>(config.head_dim);
  Tensor frequencies = at::reciprocal(at::pow(at::scalar_tensor(config.rope_theta, at::kFloat), exponents)).contiguous();
  if (!config.rope_scaling) return frequencies;
  const auto& scaling = *config.rope_scaling;
  const double original = static_cast<double>(scaling.original_max_positions);
  const double low_wavelength = original / scaling.low_freq_factor;
  const double high_wavelength = original / scaling.high_freq_factor;
  float* frequency = frequencies.data_ptr<float>();
  for (std::int64_t i = 0; i < half; ++i) {
    const double wavelength = 2 * std::numbers::pi / frequency[i];
    if (wavelength < high_wavelength) continue;
    const double slowed = frequency[i] / scaling.factor;
    if (wavelength > low_wavelength) {
      frequency[i] = static_cast<float>(slowed);
      continue;
    }
    const double smooth = (original / wavelength - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
    frequency[i] = static_cast<float>((1 - smooth) * slowed + smooth * frequency[i]);
  }
  return frequencies;
}

Decoder::Decoder(ModelWeights weights, std::shared_ptr<const Ops> ops)
    : weights_(std::move(weights)), ops_(std::move(ops)), inverse_frequencies_(rotary_frequencies(weights_.config).to(device())) {}

KvLayout Decoder::kv_layout() const {
  const weights::ModelConfig& config = weights_.config;
  return {config.layers, config.kv_heads, config.head_dim, dtype(), device()};
}

Rotary Decoder::rotary(const Tensor& positions) const {
  const Tensor angles = positions.to(at::kFloat).unsqueeze(1) * inverse_frequencies_;
  return {at::cos(angles), at::sin(angles)};
}

Tensor Decoder::hidden(const Pass& pass) const {
  const weights::ModelConfig& config = weights_.config;
  const double eps = config.rms_norm_eps;
  const Rotary rotation = rotary(pass.positions);
  Tensor residual = ops_->embed(weights_.embedding, pass.ids);
  Tensor normed = ops_->rms_norm(residual, weights_.layers.front().input_norm, eps);
  for (std::size_t index = 0; index < weights_.layers.size(); ++index) {
    const LayerWeights& layer = weights_.layers[index];
    const bool last = index + 1 == weights_.layers.size();
    const bool narrow = last && !pass.all_wanted;
    Heads heads = ops_->split_heads(ops_->linear(normed, layer.qkv), head_shape(config), layer.head_norms, rotation);
    ops_->store(heads, pass.plan, static_cast<std::int64_t>(index));
    if (narrow) {
      // Nobody reads the other rows behind this point: their keys and values are stored.
      if (pass.wanted.size(0) == 0) return normed.narrow(0, 0, 0);
      heads.q = heads.q.index_select(0, pass.wanted);
      residual = residual.index_select(0, pass.wanted);
    }
    const Tensor attended = ops_->attention(heads, narrow ? pass.last_plan : pass.plan, static_cast<std::int64_t>(index));
    normed = ops_->add_rms_norm(residual, ops_->linear(attended, layer.o), layer.post_attention_norm, eps);
    const Tensor delta = ops_->mlp(normed, layer.gate_up, layer.down);
    normed = ops_->add_rms_norm(residual, delta, last ? weights_.final_norm : weights_.layers[index + 1].input_norm, eps);
  }
  return normed;
}

Tensor Decoder::logits(const Tensor& hidden) const { return ops_->logits(hidden, weights_.lm_head); }

}  // namespace xrouter::transformer
