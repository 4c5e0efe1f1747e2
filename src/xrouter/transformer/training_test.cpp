// Goal: the layers that serve are the layers that train. Method: a tiny model in float64, two packed sequences
// of which one is a tree; autograd's gradients against finite differences, entry by entry.
#include <gtest/gtest.h>

#include "xrouter/transformer/lora.hpp"
#include "xrouter/transformer/test_models.hpp"
#include "xrouter/transformer/threads.hpp"

namespace xrouter::transformer {
namespace {

weights::ModelConfig tiny_config(weights::Family family) {
  weights::ModelConfig config = small_config(family);
  config.vocab_size = 24;
  config.hidden_size = 16;
  config.intermediate_size = 20;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 4;
  return config;
}

/// A prompt with two completions as a tree, and a chain: what a step of training packs into one pass.
struct Batch {
  std::vector<lm::TokenId> tree = some_tokens(9, 3, 24), chain = some_tokens(5, 4, 24);
  std::vector<int> parents{-1, 0, 1, 2, 3, 2, 5, 6, 7};
  std::vector<int> tree_wanted{2, 3, 5, 6}, chain_wanted{0, 1, 2, 3};
  std::vector<std::int64_t> targets{3, 4, 6, 7, 1, 2, 3, 4};

  Tensor loss(const Decoder& decoder) const {
    const std::vector<PassInput> inputs{{nullptr, tree, parents, tree_wanted}, {nullptr, chain, {}, chain_wanted}};
    const Tensor logprobs = at::log_softmax(decoder.logits(decoder.hidden(make_pass(inputs, at::kCPU))), 1);
    return -logprobs.gather(1, at::tensor(targets, at::kLong).unsqueeze(1)).sum();
  }
};

void expect_gradients_are_right(const Decoder& decoder, const std::vector<Tensor>& parameters, int entries) {
  use_threads(1);  // the products are tiny
  const Batch batch;
  for (const Tensor& parameter : parameters) Tensor(parameter).requires_grad_(true);
  batch.loss(decoder).backward();
  Rng rng(11);
  constexpr double kStep = 1e-5;
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    const Tensor& parameter = parameters[index];
    ASSERT_TRUE(parameter.grad().defined()) << "tensor " << index;
    EXPECT_GT(parameter.grad().abs().max().item<double>(), 0) << "tensor " << index;
    const c10::NoGradGuard no_gradients;
    for (int entry = 0; entry < entries; ++entry) {
      const auto at = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(parameter.numel())));
      double* value = parameter.data_ptr<double>() + at;
      const double original = *value;
      *value = original + kStep;
      const double above = batch.loss(decoder).item<double>();
      *value = original - kStep;
      const double below = batch.loss(decoder).item<double>();
      *value = original;
      const double expected = (above - below) / (2 * kStep);
      EXPECT_NEAR(parameter.grad().data_ptr<double>()[at], expected, 1e-6 * std::max(1.0, std::abs(expected))) << "tensor " << index << ", entry " << at;
    }
  }
}

TEST(Training, gradients_of_every_tensor_equal_finite_differences) {
  for (const auto family : {weights::Family::llama, weights::Family::qwen2, weights::Family::qwen3}) {
    const Decoder decoder = small_decoder(tiny_config(family), at::kDouble);
    expect_gradients_are_right(decoder, trainable_tensors(decoder.weights()), 3);
  }
}

/// Random pairs for every linear layer; the values are kept in `storage`.
weights::Adapter random_adapter(const weights::ModelConfig& config, std::vector<Tensor>& storage) {
  ModelWeights shape = random_weights(config, 1, at::kFloat, at::kCPU);
  weights::Adapter adapter;
  adapter.rank = 2;
  adapter.alpha = 3;
  at::Generator generator = at::detail::createCPUGenerator(5);
  const auto pair_tensor = [&](std::int64_t rows, std::int64_t columns) {
    storage.push_back((at::randn({rows, columns}, generator, at::kFloat) * 0.2).contiguous());
    const Tensor& made = storage.back();
    return weights::Tensor{weights::DType::f32, {rows, columns}, {static_cast<const std::byte*>(made.data_ptr()), made.nbytes()}, nullptr};
  };
  for (const LinearPart& part : linear_parts(shape))
    adapter.pairs.push_back({part.module, pair_tensor(2, part.linear->weight.size(1)), pair_tensor(part.rows, 2)});
  return adapter;
}

TEST(Training, gradients_reach_an_adapter_that_is_kept_apart) {
  const auto config = tiny_config(weights::Family::llama);
  std::vector<Tensor> storage;
  ModelWeights weights = random_weights(config, 7, at::kDouble, at::kCPU);
  ASSERT_TRUE(add_adapter(weights, random_adapter(config, storage), AdapterPlace::apart));
  const Decoder decoder(std::move(weights), std::make_shared<const Ops>());
  std::vector<Tensor> parameters;
  for (const LayerWeights& layer : decoder.weights().layers)
    for (const Linear* linear : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down})
      for (const LowRank& update : linear->low_rank) parameters.insert(parameters.end(), {update.a, update.b});
  ASSERT_EQ(parameters.size(), 28U);
  expect_gradients_are_right(decoder, parameters, 2);
}

TEST(Training, an_adapter_gives_the_same_merged_and_apart) {
  const auto config = tiny_config(weights::Family::qwen3);
  std::vector<Tensor> storage;
  const weights::Adapter adapter = random_adapter(config, storage);
  double losses[2] = {0, 0};
  for (const auto place : {AdapterPlace::merged, AdapterPlace::apart}) {
    ModelWeights weights = random_weights(config, 7, at::kDouble, at::kCPU);
    ASSERT_TRUE(add_adapter(weights, adapter, place));
    losses[place == AdapterPlace::apart] = Batch().loss(Decoder(std::move(weights), std::make_shared<const Ops>())).item<double>();
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-9);
  EXPECT_GT(std::abs(losses[0] - Batch().loss(small_decoder(config, at::kDouble)).item<double>()), 1e-3);
}

TEST(Training, tensors_go_by_their_hugging_face_names) {
  const auto config = tiny_config(weights::Family::qwen2);
  ModelWeights weights = random_weights(config, 7, at::kFloat, at::kCPU);
  std::int64_t values = 0;
  std::vector<std::string> names;
  for (const NamedTensor& named : named_tensors(weights)) {
    values += named.tensor.numel();
    names.push_back(named.name);
  }
  EXPECT_EQ(values, config.parameters());
  EXPECT_EQ(names[1], "model.layers.0.input_layernorm.weight");
  EXPECT_EQ(names[4], "model.layers.0.self_attn.k_proj.weight");
  EXPECT_EQ(names[5], "model.layers.0.self_attn.k_proj.bias");
  EXPECT_EQ(names.back(), "lm_head.weight");
}

}  // namespace
}  // namespace xrouter::transformer
