// Goal: whatever the files say, loading ends in a model or in an error that names what is wrong, and allocates
// no more than the files hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "xrouter/transformer/load.hpp"
#include "xrouter/transformer/test_models.hpp"

namespace xrouter::transformer {
namespace {

using testing::HasSubstr;

/// A model in memory.
class Files final : public weights::ModelFiles {
 public:
  explicit Files(const weights::ModelConfig& config) : config_(config), weights_(random_weights(config, 7, at::kFloat, at::kCPU)) {
    for (NamedTensor& named : named_tensors(weights_)) tensors_[named.name] = named.tensor.contiguous();
  }
  const weights::ModelConfig& config() const override { return config_; }
  Result<weights::Tensor> tensor(const std::string& name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return fail(ErrorKind::config, "memory: there is no tensor " + name);
    const Tensor& held = found->second;
    return weights::Tensor{weights::DType::f32, held.sizes().vec(), {static_cast<const std::byte*>(held.data_ptr()), held.nbytes()}, nullptr};
  }
  std::vector<std::string> tensor_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer() const override { return nullptr; }
  const std::string& chat_template() const override { return name_; }
  const std::vector<tokenizer::TokenId>& end_tokens() const override { return ends_; }
  const std::string& name() const override { return name_; }

  weights::ModelConfig config_;
  std::map<std::string, Tensor> tensors_;

 private:
  ModelWeights weights_;
  std::string name_ = "memory";
  std::vector<tokenizer::TokenId> ends_;
};

std::string error_of(const weights::ModelFiles& files, const LoadOptions& options = {}) {
  const auto model = load_model(files, options);
  if (model) return "no error";
  EXPECT_EQ(model.error().kind, ErrorKind::config);
  return model.error().public_text;
}

TEST(Load, a_model_in_memory_runs_and_tells_its_shape) {
  const Files files(small_config());
  LoadOptions options;
  options.precision = Precision::f32;
  options.threads = 1;
  const auto model = load_model(files, options);
  ASSERT_TRUE(model) << model.error().describe();
  EXPECT_EQ((*model)->shape().vocab, 96);
  EXPECT_EQ((*model)->shape().max_positions, 4096);
  EXPECT_EQ((*model)->shape().kv_bytes_per_token, 3 * 2 * 2 * 16 * 4);
  const auto sequence = (*model)->new_sequence();
  TorchLanguageModel reference{small_decoder(), 1};
  const auto other = reference.new_sequence();
  EXPECT_LT(largest_difference(run(**model, *sequence, some_tokens(20)), run(reference, *other, some_tokens(20))), 2e-5);
}

TEST(Load, a_missing_tensor_is_named) {
  for (const char* name : {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "model.norm.weight", "model.layers.2.self_attn.v_proj.weight"}) {
    Files files(small_config());
    files.tensors_.erase(name);
    EXPECT_THAT(error_of(files), HasSubstr(name));
  }
}

TEST(Load, a_tensor_of_another_shape_is_named_with_both_shapes) {
  Files files(small_config());
  files.tensors_["model.layers.1.self_attn.k_proj.weight"] = at::zeros({32, 63});
  EXPECT_EQ(error_of(files), "memory: tensor model.layers.1.self_attn.k_proj.weight has the shape [32, 63] where the configuration says [32, 64]");
  files.tensors_["model.layers.1.self_attn.k_proj.weight"] = at::zeros({32 * 64});
  EXPECT_THAT(error_of(files), HasSubstr("[2048]"));
}

TEST(Load, a_configuration_that_promises_more_than_the_files_hold_allocates_nothing) {
  Files files(small_config());
  files.config_.vocab_size = std::int64_t{1} << 20;
  EXPECT_THAT(error_of(files), HasSubstr("embed_tokens"));
  files.config_ = small_config();
  files.config_.layers = 100;
  EXPECT_THAT(error_of(files), HasSubstr("model.layers.3."));
}

TEST(Load, devices_and_options_that_do_not_fit_are_refused_in_words) {
  const Files files(small_config());
  LoadOptions options;
  options.device = "tpu";
  EXPECT_THAT(error_of(files, options), HasSubstr("There is no device tpu"));
  options.device = "cuda:zero";
  EXPECT_THAT(error_of(files, options), HasSubstr("cuda"));
  options = {};
  options.threads = -1;
  EXPECT_THAT(error_of(files, options), HasSubstr("threads"));
  options = {};
  options.adapter = "/nonexistent";
  EXPECT_NE(error_of(files, options), "no error");
}

TEST(Load, a_gpu_that_is_not_there_is_refused) {
  if (at::hasCUDA()) GTEST_SKIP() << "a GPU is there";
  const Files files(small_config());
  LoadOptions options;
  options.device = "cuda";
  EXPECT_THAT(error_of(files, options), HasSubstr("no CUDA"));
}

TEST(Rotary, llama_3_scaling_slows_long_waves_and_leaves_short_ones) {
  weights::ModelConfig config = small_config();
  config.head_dim = 64;
  const Tensor plain = rotary_frequencies(config);
  config.rope_scaling = weights::ModelConfig::RopeScaling{8, 1, 4, 64};
  const Tensor scaled = rotary_frequencies(config);
  EXPECT_EQ(scaled[0].item<float>(), plain[0].item<float>());
  EXPECT_EQ(scaled[31].item<float>(), plain[31].item<float>() / 8);
  const float middle = (scaled / plain)[6].item<float>();
  EXPECT_GT(middle, 1.0F / 8);
  EXPECT_LT(middle, 1.0F);
}

}  // namespace
}  // namespace xrouter::transformer
