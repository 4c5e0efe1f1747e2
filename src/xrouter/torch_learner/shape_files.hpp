// A model that is a shape and nothing else, for tests and benchmarks of learners.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/model_files.hpp"
#include "xrouter/weights/tensor_math.hpp"

namespace xrouter::torch_learner {

class ShapeFiles final : public weights::ModelFiles {
 public:
  explicit ShapeFiles(weights::ModelConfig config) : config_(config) {}
  const weights::ModelConfig& config() const override { return config_; }
  /// Every value is 0.01.
  Result<weights::Tensor> tensor(const std::string& name) const override {
    for (const auto& expected : weights::expected_tensors(config_)) {
      if (expected.name != name) continue;
      const auto owner = std::make_shared<const std::vector<float>>(weights::values_of(expected.shape).value(), 0.01F);
      return weights::Tensor{
          .dtype = weights::DType::f32, .shape = expected.shape, .bytes = std::as_bytes(std::span(*owner)), .owner = owner};
    }
    return fail(ErrorKind::config, name + " is not there");
  }
  std::vector<std::string> tensor_names() const override {
    std::vector<std::string> names;
    for (const auto& expected : weights::expected_tensors(config_)) names.push_back(expected.name);
    return names;
  }
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer() const override { return nullptr; }
  const std::string& chat_template() const override { return name_; }
  const std::vector<tokenizer::TokenId>& end_tokens() const override { return end_tokens_; }
  const std::string& name() const override { return name_; }

 private:
  weights::ModelConfig config_;
  std::string name_ = "a shape";
  std::vector<tokenizer::TokenId> end_tokens_;
};

/// A router of our own: 6.9 million parameters.
inline weights::ModelConfig small_router_config() {
  weights::ModelConfig config;
  config.vocab_size = 8192;
  config.hidden_size = 256;
  config.intermediate_size = 704;
  config.layers = 6;
  config.heads = config.kv_heads = 4;
  config.head_dim = 64;
  config.max_positions = 4096;
  config.tie_word_embeddings = true;
  return config;
}

/// 134.5 million parameters.
inline weights::ModelConfig smollm2_config() {
  weights::ModelConfig config;
  config.vocab_size = 49152;
  config.hidden_size = 576;
  config.intermediate_size = 1536;
  config.layers = 30;
  config.heads = 9;
  config.kv_heads = 3;
  config.head_dim = 64;
  config.max_positions = 8192;
  config.rope_theta = 100'000;
  config.tie_word_embeddings = true;
  return config;
}

}  // namespace xrouter::torch_learner
