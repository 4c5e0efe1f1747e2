#include "xrouter/learner/toy_learner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "xrouter/lm/language_model.hpp"

namespace xrouter::learner {
namespace {

constexpr ToyLearnerOptions kSmall{.vocab = 7, .buckets = 5, .seed = 3};

TokenTree tree() {
  const std::vector<TokenSequence> sequences = {
      {.tokens = {1, 2, 3, 4}, .choices = {{.at = 2}, {.at = 3, .among = {2, 4, 5}}}},
      {.tokens = {1, 2, 3, 5, 6}, .choices = {{.at = 2}, {.at = 3, .among = {2, 4, 5}}, {.at = 4, .among = {0, 6}}}},
      {.tokens = {0, 2}, .choices = {{.at = 1}}},
  };
  return make_tree(sequences);
}

/// Weights of the scores in a made-up loss: sum (a logprob + b entropy).
Gradients made_up(std::size_t targets) {
  Gradients made;
  for (std::size_t i = 0; i < targets; ++i) {
    made.by_logprob.push_back(0.3 + 0.2 * static_cast<double>(i));
    made.by_entropy.push_back(0.5 - 0.3 * static_cast<double>(i));
  }
  return made;
}

double loss_of(const Scores& scores) {
  const Gradients weights = made_up(scores.logprobs.size());
  double sum = 0;
  for (std::size_t i = 0; i < scores.logprobs.size(); ++i)
    sum += weights.by_logprob[i] * scores.logprobs[i] + weights.by_entropy[i] * scores.entropies[i];
  return sum;
}

Gradients gradient(const Scores& scores) { return made_up(scores.logprobs.size()); }

TEST(ToyLearner, has_the_gradients_of_finite_differences) {
  ToyLearner learner(kSmall);
  const TokenTree of = tree();
  learner.accumulate(of, gradient);
  const std::vector<float> gradients(learner.gradients()[0].begin(), learner.gradients()[0].end());
  const std::span<float> weights = learner.weights_for_test();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    constexpr float kStep = 1.0F / 1024;
    const float kept = weights[i];
    weights[i] = kept + kStep;
    const double above = loss_of(learner.score(of)), upper = static_cast<double>(weights[i]);
    weights[i] = kept - kStep;
    const double below = loss_of(learner.score(of)), lower = static_cast<double>(weights[i]);
    weights[i] = kept;
    EXPECT_NEAR(static_cast<double>(gradients[i]), (above - below) / (upper - lower), 1e-6) << i;
  }
}

TEST(ToyLearner, its_language_model_says_what_it_scores) {
  ToyLearner learner(kSmall);
  const auto model = learner.language_model().value();
  const std::vector<TokenId> tokens = {1, 2, 3};
  const std::vector<int> last = {2};
  auto sequence = model->new_sequence();
  const lm::ForwardInput input{.sequence = sequence.get(), .tokens = tokens, .logits_at = last};
  lm::Logits logits;
  model->forward(std::span(&input, 1), logits);
  double sum = 0;
  for (const int token : {2, 4, 5}) sum += std::exp(static_cast<double>(logits.row(0)[static_cast<std::size_t>(token)]));
  const Scores scores = learner.score(tree());
  std::vector<double> expected;
  for (const int token : {4, 5}) expected.push_back(static_cast<double>(logits.row(0)[static_cast<std::size_t>(token)]) - std::log(sum));
  const TokenTree of = tree();
  EXPECT_NEAR(at_choices(of, 0, scores.logprobs)[1], expected[0], 1e-6);
  EXPECT_NEAR(at_choices(of, 1, scores.logprobs)[1], expected[1], 1e-6);
}

TEST(ToyLearner, a_batch_may_be_cut_into_trees_in_any_way) {
  const std::vector<TokenSequence> sequences = {
      {.tokens = {1, 2, 3, 4}, .choices = {{.at = 2}, {.at = 3, .among = {2, 4, 5}}}},
      {.tokens = {1, 2, 3, 4}, .choices = {{.at = 2}, {.at = 3, .among = {2, 4, 5}}}},
      {.tokens = {1, 2, 3, 5, 6}, .choices = {{.at = 3, .among = {2, 4, 5}}, {.at = 4}}},
  };
  // Each choice of each sequence counts by itself, also where sequences share the target.
  const auto loss_over = [](const TokenTree& tree) {
    return [&tree](const Scores& scores) {
      Gradients made{.by_logprob = std::vector<double>(scores.logprobs.size())};
      for (std::size_t s = 0; s < tree.target_of.size(); ++s) {
        std::vector<double> by_choice;
        for (const double logprob : at_choices(tree, s, scores.logprobs)) by_choice.push_back(logprob + 0.5);
        add_to_targets(tree, s, by_choice, made.by_logprob);
      }
      return made;
    };
  };
  ToyLearner whole(kSmall), parts(kSmall);
  const TokenTree all = make_tree(sequences);
  whole.accumulate(all, loss_over(all));
  for (const TokenSequence& sequence : sequences) {
    const TokenTree one = make_tree(std::span(&sequence, 1));
    parts.accumulate(one, loss_over(one));
  }
  for (std::size_t i = 0; i < whole.gradients()[0].size(); ++i) EXPECT_NEAR(whole.gradients()[0][i], parts.gradients()[0][i], 1e-6);
}

TEST(ToyLearner, learns_what_it_is_shown) {
  ToyLearner learner(kSmall);
  const TokenTree of = tree();
  double before = 0, after = 0;
  for (const double logprob : learner.score(of).logprobs) before += logprob;
  for (int i = 0; i < 200; ++i) {
    learner.accumulate(of, [](const Scores& scores) { return Gradients{.by_logprob = std::vector<double>(scores.logprobs.size(), -1)}; });
    EXPECT_TRUE(learner.step({.learning_rate = 0.05}).applied);
  }
  for (const double logprob : learner.score(of).logprobs) after += logprob;
  EXPECT_LT(before, -6);
  EXPECT_GT(after, -2);
}

TEST(ToyLearner, goes_on_from_a_checkpoint_bit_for_bit) {
  const auto folder = std::filesystem::temp_directory_path() / ("toy_learner_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const TokenTree of = tree();
  ToyLearnerOptions options = kSmall;
  options.reference = true;
  ToyLearner learner(options);
  const auto learn = [&](ToyLearner& one) {
    one.accumulate(of, gradient);
    one.step({.learning_rate = 0.01, .weight_decay = 0.1});
  };
  for (int i = 0; i < 5; ++i) learn(learner);
  ASSERT_TRUE(learner.save(folder));
  options.seed = 99;
  ToyLearner other(options);
  ASSERT_TRUE(other.load(folder));
  for (int i = 0; i < 5; ++i) learn(learner), learn(other);
  EXPECT_EQ(learner.score(of).logprobs, other.score(of).logprobs);
  EXPECT_EQ(learner.score_reference(of).logprobs, other.score_reference(of).logprobs);
  EXPECT_EQ(learner.score(of).logprobs, ToyLearner(learner).score(of).logprobs);
  ToyLearner wrong_shape({.vocab = 8});
  EXPECT_EQ(wrong_shape.load(folder).error().kind, ErrorKind::config);
  EXPECT_EQ(learner.save(folder / "missing").error().kind, ErrorKind::io);
  std::filesystem::remove_all(folder);
}

TEST(ToyLearner, a_gradient_that_is_not_finite_changes_nothing) {
  ToyLearner learner(kSmall);
  const TokenTree of = tree();
  const Scores before = learner.score(of);
  learner.accumulate(of, [](const Scores& scores) { return Gradients{.by_logprob = std::vector<double>(scores.logprobs.size(), NAN)}; });
  EXPECT_FALSE(learner.step({.learning_rate = 1}).applied);
  EXPECT_EQ(learner.score(of).logprobs, before.logprobs);
  learner.accumulate(of, gradient);
  EXPECT_TRUE(learner.step({.learning_rate = 0.1}).applied) << "the next step is a step again";
}

}  // namespace
}  // namespace xrouter::learner
