// Small random models for the tests of this library.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/transformer/kernels/kernels.hpp"
#include "xrouter/transformer/load_weights.hpp"
#include "xrouter/transformer/torch_language_model.hpp"

namespace xrouter::transformer {

inline weights::ModelConfig small_config(weights::Family family = weights::Family::llama) {
  weights::ModelConfig config;
  config.family = family;
  config.vocab_size = 96;
  config.hidden_size = 64;
  config.intermediate_size = 112;
  config.layers = 3;
  config.heads = 6;
  config.kv_heads = 2;
  config.head_dim = 16;
  config.max_positions = 4096;
  config.rope_theta = 10'000;
  config.tie_word_embeddings = family == weights::Family::llama;
  config.attention_bias = family == weights::Family::qwen2;
  config.qk_norm = family == weights::Family::qwen3;
  return config;
}

inline Decoder small_decoder(const weights::ModelConfig& config = small_config(), at::ScalarType dtype = at::kFloat, bool plain = true) {
  const auto ops = plain ? std::make_shared<const Ops>() : make_inference_ops(dtype, at::kCPU);
  ModelWeights weights = random_weights(config, 7, dtype, at::kCPU);
  prepare(weights, *ops);
  return Decoder(std::move(weights), ops);
}

inline std::vector<lm::TokenId> some_tokens(std::size_t count, std::uint64_t seed = 1, int vocab = 96) {
  Rng rng(seed);
  std::vector<lm::TokenId> tokens(count);
  for (lm::TokenId& token : tokens) token = static_cast<lm::TokenId>(rng.below(static_cast<std::uint64_t>(vocab)));
  return tokens;
}

inline std::vector<int> every_index(std::size_t count) {
  std::vector<int> indices(count);
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

/// Rows of logits of one sequence, at every token of the input.
inline std::vector<std::vector<float>> rows_of(const lm::Logits& logits, std::size_t begin, std::size_t count) {
  std::vector<std::vector<float>> rows;
  for (std::size_t row = begin; row < begin + count; ++row) {
    const auto values = logits.row(static_cast<int>(row));
    rows.emplace_back(values.begin(), values.end());
  }
  return rows;
}

using Rows = std::vector<std::vector<float>>;

inline Rows run(lm::LanguageModel& model, lm::KvSequence& sequence, std::span<const lm::TokenId> tokens, std::span<const int> parents = {}) {
  const auto all = every_index(tokens.size());
  const lm::ForwardInput input{&sequence, tokens, parents, all};
  lm::Logits logits;
  model.forward({&input, 1}, logits);
  return rows_of(logits, 0, tokens.size());
}

inline double largest_difference(const Rows& left, const Rows& right) {
  if (left.size() != right.size()) return INFINITY;
  double largest = 0;
  for (std::size_t row = 0; row < left.size(); ++row)
    for (std::size_t i = 0; i < left[row].size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(left[row][i]) - static_cast<double>(right[row][i])));
  return largest;
}

}  // namespace xrouter::transformer
