// Goal: a program without libtorch runs a model through the module. Method: this program links none of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "xrouter/torch_module/loader.hpp"

namespace xrouter {
namespace {

std::vector<float> last_logits(lm::LanguageModel& model, const std::vector<lm::TokenId>& tokens) {
  const auto sequence = model.new_sequence();
  const std::vector<int> last{static_cast<int>(tokens.size()) - 1};
  const lm::ForwardInput input{sequence.get(), tokens, {}, last};
  lm::Logits logits;
  model.forward({&input, 1}, logits);
  return logits.values;
}

TEST(Module, a_program_without_libtorch_loads_a_model_and_runs_it) {
  const auto files = weights::open_model(std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer/qwen3");
  ASSERT_TRUE(files) << files.error().describe();
  const auto entry = torch_module::load_from(XROUTER_MODULE);
  ASSERT_TRUE(entry) << entry.error().describe();
  transformer::LoadOptions options;
  options.threads = 1;
  const auto model = (*entry)->load_model(**files, options);
  ASSERT_TRUE(model) << model.error().describe();
  std::vector<lm::TokenId> tokens(20);
  std::iota(tokens.begin(), tokens.end(), 40);
  const auto logits = last_logits(**model, tokens);
  ASSERT_EQ(logits.size(), 272U);
  EXPECT_TRUE(std::all_of(logits.begin(), logits.end(), [](float value) { return std::isfinite(value); }));
}

TEST(Module, errors_cross_the_border_as_values) {
  const auto files = weights::open_model(std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer/qwen3");
  ASSERT_TRUE(files) << files.error().describe();
  const auto entry = torch_module::load_from(XROUTER_MODULE);
  ASSERT_TRUE(entry) << entry.error().describe();
  transformer::LoadOptions options;
  options.device = "abacus";
  const auto model = (*entry)->load_model(**files, options);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().public_text, "There is no device abacus; cpu, cuda and cuda:1 are known.");
}

TEST(Module, joins_processes_across_the_border) {
  const auto entry = torch_module::load_from(XROUTER_MODULE);
  ASSERT_TRUE(entry) << entry.error().describe();
  EXPECT_EQ((*entry)->make_collective({})->get()->size(), 1);
  EXPECT_EQ((*entry)->make_collective({.rank = 2, .size = 2}).error().kind, ErrorKind::config);
}

TEST(Module, a_program_without_libtorch_trains_a_model_through_it) {
  const auto files = weights::open_model(std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer/qwen3");
  ASSERT_TRUE(files) << files.error().describe();
  const auto entry = torch_module::load_from(XROUTER_MODULE);
  ASSERT_TRUE(entry) << entry.error().describe();
  learner::LearnerOptions options;
  options.threads = 1;
  const auto learner = (*entry)->make_learner(**files, options);
  ASSERT_TRUE(learner) << learner.error().describe();
  learner::TokenSequence text;
  for (int i = 0; i < 20; ++i) text.tokens.push_back(40 + i * 7 % 11);
  for (int at = 1; at < 20; ++at) text.choices.push_back({at, {}});
  const auto tree = learner::make_tree({&text, 1});
  const auto sum = [](const learner::Scores& scores) { return std::accumulate(scores.logprobs.begin(), scores.logprobs.end(), 0.0); };
  const double before = sum((*learner)->score(tree));
  for (int step = 0; step < 5; ++step) {
    (*learner)->accumulate(tree, [](const learner::Scores& scores) { return learner::Gradients{std::vector<double>(scores.logprobs.size(), -0.05)}; });
    EXPECT_TRUE((*learner)->step({.learning_rate = 1e-2}).applied);
  }
  EXPECT_GT(sum((*learner)->score(tree)), before + 5);
}

TEST(Module, a_learner_that_cannot_be_is_an_error) {
  const auto files = weights::open_model(std::filesystem::path(XROUTER_SOURCE_DIR) / "tests/golden/lm/transformer/qwen3");
  const auto entry = torch_module::load_from(XROUTER_MODULE);
  ASSERT_TRUE(entry) << entry.error().describe();
  learner::LearnerOptions options;
  options.precision = "int1";
  const auto learner = (*entry)->make_learner(**files, options);
  ASSERT_FALSE(learner);
  EXPECT_EQ(learner.error().public_text, "There is no precision int1; auto, bf16 and f32 are known.");
}

}  // namespace
}  // namespace xrouter
