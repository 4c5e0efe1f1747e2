// Goal: what the kernels and bf16 change is rounding of a stated size. Method: a model whose shapes the kernels take, fresh
// and trained for some steps; float32 against bf16, and against itself in other pieces.
#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/torch_learner/make_learner.hpp"
#include "xrouter/torch_learner/shape_files.hpp"
#include "xrouter/torch_learner/test_trees.hpp"

namespace xrouter::torch_learner {
namespace {

using learner::Learner;

constexpr int kVocab = 512;

weights::ModelConfig config_of_kernels() {
  weights::ModelConfig config = small_router_config();
  config.vocab_size = kVocab;
  config.hidden_size = 128;
  config.intermediate_size = 192;
  config.layers = 3;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 32;
  return config;
}

std::unique_ptr<Learner> made(const std::string& precision, int threads = 1, bool checkpoints = false) {
  learner::LearnerOptions options;
  options.precision = precision;
  options.threads = threads;
  options.fresh = true;
  options.checkpoint_activations = checkpoints;
  auto made = make_learner(ShapeFiles(config_of_kernels()), options);
  EXPECT_TRUE(made) << made.error().describe();
  return std::move(*made);
}

TokenTree tree_of(std::uint64_t seed) { return learner::make_tree(random_group(seed, kVocab, 100, 6, 40)); }

learner::Gradients descend(const learner::Scores& scores) {
  return {std::vector<double>(scores.logprobs.size(), -1.0 / static_cast<double>(scores.logprobs.size()))};
}

/// Some steps, so that attention and logits are not flat any more.
void train(Learner& learner, int steps) {
  for (int step = 0; step < steps; ++step) {
    learner.accumulate(tree_of(static_cast<std::uint64_t>(step % 3)), descend);
    learner.step({.learning_rate = 3e-3, .weight_decay = 0.1});
  }
}

std::vector<float> gradients_of(Learner& learner, std::uint64_t seed) {
  const TokenTree tree = tree_of(seed);
  learner.accumulate(tree, [&](const learner::Scores&) { return random_gradients(tree.targets.size(), 5); });
  const auto all = learner.gradients();
  return {all[0].begin(), all[0].end()};
}

double relative_difference(const std::vector<float>& left, const std::vector<float>& right) {
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference += std::pow(static_cast<double>(left[i]) - static_cast<double>(right[i]), 2);
    length += std::pow(static_cast<double>(left[i]), 2);
  }
  return std::sqrt(difference / length);
}

double largest_difference(const std::vector<double>& left, const std::vector<double>& right) {
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) largest = std::max(largest, std::abs(left[i] - right[i]));
  return largest;
}

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "precision_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Precision, bf16_scores_and_gradients_are_those_of_float32_within_its_rounding) {
  const Scratch scratch;
  const auto exact = made("f32"), rounded = made("bf16");
  train(*exact, 30);
  ASSERT_TRUE(exact->save(scratch.path()));
  ASSERT_TRUE(rounded->load(scratch.path()));
  const auto expected = exact->score(tree_of(1)), found = rounded->score(tree_of(1));
  EXPECT_GT(largest_difference(expected.logprobs, std::vector<double>(expected.logprobs.size(), -std::log(kVocab))), 2)
      << "something was learned";
  EXPECT_LT(largest_difference(expected.logprobs, found.logprobs), 0.1);
  EXPECT_LT(largest_difference(expected.entropies, found.entropies), 0.1);
  EXPECT_LT(relative_difference(gradients_of(*exact, 1), gradients_of(*rounded, 1)), 0.03);
}

TEST(Precision, bf16_learns_as_far_as_float32) {
  double reached[2] = {0, 0};
  for (const bool narrow : {false, true}) {
    const auto learner = made(narrow ? "bf16" : "f32");
    train(*learner, 60);
    for (const double logprob : learner->score(tree_of(1)).logprobs) reached[narrow] += logprob;
  }
  EXPECT_GT(reached[1], 1.15 * reached[0]) << "sums of log-probs";
}

TEST(Precision, the_serving_model_says_what_score_says_within_bf16) {
  const auto learner = made("bf16");
  train(*learner, 30);
  const auto model = learner->language_model();
  ASSERT_TRUE(model) << model.error().describe();
  const auto sequence = random_group(1, kVocab, 100, 1, 40)[0];
  const TokenTree tree = learner::make_tree(std::vector<TokenSequence>{sequence});
  const auto scores = learner->score(tree);
  const auto kept = (*model)->new_sequence();
  std::vector<int> at;
  for (const Choice& choice : sequence.choices) at.push_back(choice.at - 1);
  const lm::ForwardInput input{kept.get(), sequence.tokens, {}, at};
  lm::Logits logits;
  (*model)->forward({&input, 1}, logits);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Choice& choice = sequence.choices[i];
    const auto row = logits.row(static_cast<int>(i));
    double sum = 0;
    for (int id = 0; id < kVocab; ++id)
      if (choice.among.empty() || std::find(choice.among.begin(), choice.among.end(), id) != choice.among.end())
        sum += std::exp(static_cast<double>(row[static_cast<std::size_t>(id)]));
    const auto chosen = static_cast<std::size_t>(sequence.tokens[static_cast<std::size_t>(choice.at)]);
    EXPECT_NEAR(scores.logprobs[static_cast<std::size_t>(tree.target_of[0][i])], static_cast<double>(row[chosen]) - std::log(sum), 0.1);
  }
}

TEST(Precision, runs_and_checkpoints_are_equal_bit_for_bit_with_kernels_and_threads) {
  for (const char* precision : {"f32", "bf16"}) {
    const auto first = made(precision, 2), second = made(precision, 2), again = made(precision, 2, true);
    for (Learner* learner : {first.get(), second.get(), again.get()}) train(*learner, 1);
    const auto expected = gradients_of(*first, 4);
    EXPECT_EQ(expected, gradients_of(*second, 4));
    EXPECT_EQ(expected, gradients_of(*again, 4));
  }
}

TEST(Precision, a_tree_is_the_sum_of_its_sequences_with_kernels) {
  for (const bool narrow : {false, true}) {
    const auto together = made(narrow ? "bf16" : "f32"), alone = made(narrow ? "bf16" : "f32");
    const auto group = random_group(7, kVocab, 100, 6, 40);
    // Choices that sequences share are counted by each of them.
    const TokenTree tree = learner::make_tree(group);
    std::vector<double> uses(tree.targets.size(), 0);
    for (const auto& own : tree.target_of)
      for (const int target : own) uses[static_cast<std::size_t>(target)] += 1;
    together->accumulate(tree, [&](const learner::Scores&) { return learner::Gradients{uses}; });
    for (const TokenSequence& sequence : group)
      alone->accumulate(learner::make_tree(std::vector<TokenSequence>{sequence}),
                        [](const learner::Scores& scores) { return learner::Gradients{std::vector<double>(scores.logprobs.size(), 1)}; });
    const auto left = together->gradients()[0], right = alone->gradients()[0];
    EXPECT_LT(relative_difference({left.begin(), left.end()}, {right.begin(), right.end()}), narrow ? 0.02 : 3e-6);
  }
}

}  // namespace
}  // namespace xrouter::torch_learner
