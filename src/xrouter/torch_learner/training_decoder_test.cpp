// Goal: the hand-written backward pass is right. Method: a tiny model in float64 on a tree; gradients against those that
// libtorch's autograd finds for the decoder that serves, every number of every tensor, and against finite differences.
#include "xrouter/torch_learner/training_decoder.hpp"

#include <gtest/gtest.h>

#include "xrouter/torch_learner/head.hpp"
#include "xrouter/torch_learner/parameters.hpp"
#include "xrouter/torch_learner/test_trees.hpp"
#include "xrouter/transformer/load_weights.hpp"
#include "xrouter/transformer/threads.hpp"

namespace xrouter::torch_learner {
namespace {

constexpr int kVocab = 24;

weights::ModelConfig tiny_config(weights::Family family) {
  weights::ModelConfig config;
  config.family = family;
  config.vocab_size = kVocab;
  config.hidden_size = 16;
  config.intermediate_size = 20;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 4;
  config.max_positions = 512;
  config.tie_word_embeddings = family == weights::Family::llama;
  config.attention_bias = family == weights::Family::qwen2;
  config.qk_norm = family == weights::Family::qwen3;
  return config;
}

/// Two prompts with their rollouts and a text, as one forest.
TokenTree forest() {
  std::vector<TokenSequence> sequences = random_group(3, kVocab);
  for (TokenSequence& other : random_group(4, kVocab, 5, 3, 4)) sequences.push_back(std::move(other));
  Rng rng(5);
  sequences.push_back(text_of(random_tokens(rng, 11, kVocab)));
  return learner::make_tree(sequences);
}

/// Weights in float64 as views of one flat buffer, and gradients beside them.
struct Model {
  explicit Model(weights::ModelConfig config) {
    const auto made = transformer::random_weights(config, 7, at::kDouble, at::kCPU);
    flat = at::zeros_like(full_parameters(config, at::kCPU).values, at::kDouble);
    weights = weights_in(config, flat);
    const auto from = transformer::trainable_tensors(made), to = transformer::trainable_tensors(weights);
    for (std::size_t i = 0; i < from.size(); ++i) Tensor(to[i]).copy_(from[i]);
    flat_gradients = at::zeros_like(flat);
    gradients = weights_in(config, flat_gradients);
  }
  void add_adapter() {
    const learner::LoraOptions options{.rank = 3, .alpha = 4, .modules = {"q_proj", "v_proj", "o_proj", "up_proj", "down_proj"}};
    adapter = adapter_parameters(weights.config, options, 1, at::kCPU).value();
    adapter_values = at::randn(adapter.values.sizes(), at::detail::createCPUGenerator(9), at::kDouble) * 0.2;
    adapter_gradients = at::zeros_like(adapter_values);
    place_adapter(weights, adapter, adapter_values, options);
    gradients = ModelWeights{};
    gradients.config = weights.config;
    gradients.layers.resize(weights.layers.size());
    place_adapter(gradients, adapter, adapter_gradients, options);
  }
  Tensor flat, flat_gradients, adapter_values, adapter_gradients;
  ModelWeights weights, gradients;
  Parameters adapter;
};

learner::Scores run(Model& model, const TokenTree& tree, const learner::Gradients* wanted, DecoderOptions options = {},
                    std::int64_t head_rows = 1000) {
  const c10::NoGradGuard no_gradients;
  const TrainingDecoder decoder(model.weights, std::make_shared<const TrainingOps>(), options);
  const TreePass pass = make_tree_pass(tree, at::kCPU);
  Tape tape;
  const Tensor hidden = decoder.hidden(pass, &tape);
  Head head(decoder.ops(), model.weights.lm_head.weight, hidden, tree, pass.target_row, head_rows);
  const auto scores = head.scores();
  if (wanted == nullptr) return scores;
  const Tensor dhidden = head.backward(*wanted, model.gradients.lm_head.weight);
  decoder.backward(pass, tape, dhidden, model.gradients);
  return scores;
}

/// The same by the decoder that serves and autograd: the loss, and scores on the way.
Tensor loss_by_autograd(const ModelWeights& weights, const TokenTree& tree, const learner::Gradients& wanted, learner::Scores& scores) {
  const transformer::Decoder decoder(weights, std::make_shared<const transformer::Ops>());
  std::vector<int> all(tree.tokens.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  const transformer::PassInput input{nullptr, tree.tokens, tree.parents, all};
  const Tensor logits = decoder.logits(decoder.hidden(transformer::make_pass({&input, 1}, at::kCPU)));
  Tensor loss = at::zeros({}, at::kDouble);
  for (std::size_t i = 0; i < tree.targets.size(); ++i) {
    const TokenTree::Target& target = tree.targets[i];
    const auto node = static_cast<std::size_t>(target.node);
    Tensor row = logits[tree.parents[node]];
    std::int64_t chosen = tree.tokens[node];
    if (!target.among.empty()) {
      const std::vector<std::int64_t> among(target.among.begin(), target.among.end());
      row = row.index_select(0, at::tensor(among, at::kLong));
      chosen = std::find(among.begin(), among.end(), chosen) - among.begin();
    }
    const Tensor logprobs = at::log_softmax(row, 0);
    const Tensor entropy = -(logprobs.exp() * logprobs).sum();
    loss = loss + wanted.by_logprob[i] * logprobs[chosen] + wanted.by_entropy[i] * entropy;
    scores.logprobs.push_back(logprobs[chosen].item<double>());
    scores.entropies.push_back(entropy.item<double>());
  }
  return loss;
}

void expect_like_autograd(Model& model, Tensor& learning, const Tensor& gradients) {
  transformer::use_threads(1);  // the products are tiny
  const TokenTree tree = forest();
  const auto wanted = random_gradients(tree.targets.size(), 8);
  const auto scores = run(model, tree, &wanted);
  learner::Scores expected;
  learning.requires_grad_(true);
  // Views made before do not know of the gradient; they are made again.
  const ModelWeights views = model.adapter_values.defined() ? [&] {
    ModelWeights made = model.weights;
    for (auto& layer : made.layers)
      for (auto* linear : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) linear->low_rank.clear();
    place_adapter(made, model.adapter, learning, {.rank = 3, .alpha = 4});
    return made;
  }() : weights_in(model.weights.config, learning);
  loss_by_autograd(views, tree, wanted, expected).backward();
  ASSERT_EQ(scores.logprobs.size(), expected.logprobs.size());
  for (std::size_t i = 0; i < expected.logprobs.size(); ++i) {
    EXPECT_NEAR(scores.logprobs[i], expected.logprobs[i], 1e-12) << i;
    EXPECT_NEAR(scores.entropies[i], expected.entropies[i], 1e-12) << i;
  }
  const Tensor difference = (gradients - learning.grad()).abs();
  EXPECT_GT(learning.grad().abs().max().item<double>(), 0.1);
  EXPECT_LT(difference.max().item<double>(), 1e-12);
}

TEST(TrainingDecoder, gradients_are_those_of_autograd_through_the_decoder_that_serves) {
  for (const auto family : {weights::Family::llama, weights::Family::qwen2, weights::Family::qwen3}) {
    SCOPED_TRACE(static_cast<int>(family));
    Model model(tiny_config(family));
    expect_like_autograd(model, model.flat, model.flat_gradients);
  }
}

TEST(TrainingDecoder, gradients_of_an_adapter_are_those_of_autograd) {
  for (const auto family : {weights::Family::llama, weights::Family::qwen2}) {
    Model model(tiny_config(family));
    model.add_adapter();
    expect_like_autograd(model, model.adapter_values, model.adapter_gradients);
    EXPECT_EQ(model.flat_gradients.abs().max().item<double>(), 0) << "the model itself is frozen";
  }
}

TEST(TrainingDecoder, gradients_are_finite_differences) {
  Model model(tiny_config(weights::Family::llama));
  const TokenTree tree = forest();
  const auto wanted = random_gradients(tree.targets.size(), 8);
  run(model, tree, &wanted);
  Rng rng(2);
  constexpr double kStep = 1e-5;
  for (int trial = 0; trial < 60; ++trial) {
    double* value = model.flat.data_ptr<double>() + rng.below(static_cast<std::uint64_t>(model.flat.numel()));
    const double original = *value;
    *value = original + kStep;
    const double above = value_of(run(model, tree, nullptr), wanted);
    *value = original - kStep;
    const double below = value_of(run(model, tree, nullptr), wanted);
    *value = original;
    const double found = model.flat_gradients.data_ptr<double>()[value - model.flat.data_ptr<double>()];
    EXPECT_NEAR(found, (above - below) / (2 * kStep), 1e-7 * std::max(1.0, std::abs(found)));
  }
}

TEST(TrainingDecoder, checkpoints_and_small_pieces_of_logits_change_nothing) {
  const TokenTree tree = forest();
  const auto wanted = random_gradients(tree.targets.size(), 8);
  Model kept(tiny_config(weights::Family::qwen3)), again(tiny_config(weights::Family::qwen3));
  const auto scores = run(kept, tree, &wanted);
  const auto same = run(again, tree, &wanted, {.checkpoint_activations = true}, 3);
  for (std::size_t i = 0; i < scores.logprobs.size(); ++i) EXPECT_NEAR(scores.logprobs[i], same.logprobs[i], 1e-13);
  EXPECT_LT((kept.flat_gradients - again.flat_gradients).abs().max().item<double>(), 1e-12);
}

TEST(TreePass, leaves_out_what_no_target_depends_on) {
  const TokenSequence sequence{{1, 2, 3, 4, 5, 6}, {{2, {}}, {3, {3, 4}}}};
  const TokenTree tree = learner::make_tree(std::vector<TokenSequence>{sequence});
  const TreePass pass = make_tree_pass(tree, at::kCPU);
  EXPECT_EQ(pass.tokens, 3);  // the last chosen token is predicted from the third
  EXPECT_EQ(pass.target_row, (std::vector<std::int64_t>{0, 1}));
}

TEST(TreePass, every_query_sees_itself_and_its_ancestors) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const TokenTree tree = learner::make_tree(random_group(seed, kVocab, 1 + seed % 300, 5, 9));
    if (tree.targets.empty()) continue;
    const TreePass pass = make_tree_pass(tree, at::kCPU);
    const auto positions = pass.positions;
    for (const TreeAttention* plan : {&pass.attention, &pass.last_attention}) {
      std::int64_t next = 0;
      for (const QueryTile& tile : plan->tiles) {
        EXPECT_EQ(tile.first, next);
        next += tile.count;
        std::int64_t before = 0;
        for (const Range& range : tile.before) before += range.size();
        for (auto query = tile.first; query < next; ++query) {
          const auto row = plan->query_rows[static_cast<std::size_t>(query)];
          EXPECT_EQ(before + row - tile.own_begin + 1, positions[row].item<std::int64_t>() + 1) << "as many keys as the path is long";
        }
      }
      EXPECT_EQ(next, static_cast<std::int64_t>(plan->query_rows.size()));
      EXPECT_EQ(plan->padded_queries % 32, 0);
    }
  }
}

}  // namespace
}  // namespace xrouter::torch_learner
