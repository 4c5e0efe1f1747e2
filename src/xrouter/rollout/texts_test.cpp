#include "xrouter/rollout/texts.hpp"

#include <gtest/gtest.h>

#include "xrouter/corpus/text_key.hpp"
#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

struct Bench {
  ToyRollouts toy{40};
  TextSet make(TextOptions options) {
    return {toy.corpus, toy.catalog, chat_format::ChatFormat::named("compact").value(), policy_lm::toy_tokenizer(), policy_lm::toy_tokenizer()->end(), options};
  }
  static std::string text_of(const learner::TokenSequence& sequence) { return policy_lm::toy_tokenizer()->decode(sequence.tokens); }
};

TEST(Texts, are_questions_of_split_train_with_a_recorded_answer) {
  Bench bench;
  const TextSet texts = bench.make({.verdicts = 0});
  std::size_t train = 0;
  for (int i = 0; i < 40; ++i) train += corpus::split_of(toy_record(i).question.question) == corpus::Split::train ? 1 : 0;
  ASSERT_EQ(texts.size(), 2 * train);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto sequence = texts.text(i);
    ASSERT_TRUE(sequence);
    const std::string text = Bench::text_of(*sequence);
    EXPECT_TRUE(text.starts_with("Please answer: What is ")) << text;
    EXPECT_NE(text.find("\n\nThe answer is "), std::string::npos) << text;
    EXPECT_EQ(sequence->tokens.back(), policy_lm::toy_tokenizer()->end());
    ASSERT_EQ(sequence->choices.size() + 1, sequence->tokens.size());
    EXPECT_EQ(sequence->choices.front().at, 1);
  }
}

TEST(Texts, are_cut_to_their_length_without_an_end_that_is_none) {
  Bench bench;
  const auto sequence = bench.make({.max_tokens = 10, .verdicts = 0}).text(0);
  ASSERT_TRUE(sequence);
  EXPECT_EQ(sequence->tokens.size(), 10U);
  EXPECT_NE(sequence->tokens.back(), policy_lm::toy_tokenizer()->end());
}

TEST(Texts, verdicts_name_every_model_as_a_router_would) {
  Bench bench;
  const TextSet texts = bench.make({.verdicts = 1});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto sequence = texts.text(i);
    ASSERT_TRUE(sequence);
    const std::string text = Bench::text_of(*sequence);
    EXPECT_NE(text.find("\ncall_strong right"), std::string::npos) << text;
    EXPECT_NE(text.find("\ncall_cheap "), std::string::npos);
    std::string chosen;
    for (const learner::Choice& choice : sequence->choices)
      chosen += policy_lm::toy_tokenizer()->bytes_of(sequence->tokens[static_cast<std::size_t>(choice.at)]);
    EXPECT_EQ(chosen.find("call"), std::string::npos) << chosen;
    EXPECT_EQ(std::count(chosen.begin(), chosen.end(), ' '), 3) << "one verdict a model";
  }
}

TEST(Texts, a_drill_in_prices_needs_scores_and_is_an_answer_without) {
  Bench bench;
  const auto plain = bench.make({.verdicts = 0, .rankings = 1}).text(0);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(Bench::text_of(*plain).starts_with("Please answer: ")) << "the toy catalogue has no scores";
  std::vector<ModelSpec> scored;
  for (const ModelSpec& model : bench.toy.catalog->models()) {
    scored.push_back(model);
    scored.back().scores = {{"math", 50}};
  }
  bench.toy.catalog = *ModelCatalog::make(std::move(scored));
  const auto drill = bench.make({.verdicts = 0, .rankings = 1}).text(0);
  ASSERT_TRUE(drill);
  EXPECT_NE(Bench::text_of(*drill).find("Prices:\n"), std::string::npos);
}

TEST(Texts, each_is_the_same_whatever_was_read_before) {
  Bench bench;
  const TextSet texts = bench.make({.verdicts = 0.5, .seed = 4}), again = bench.make({.verdicts = 0.5, .seed = 4}),
                other = bench.make({.verdicts = 0.5, .seed = 5});
  bool different = false;
  for (std::size_t i = texts.size(); i-- > 0;) {
    EXPECT_EQ(*texts.text(i), *again.text(i));
    different = different || *texts.text(i) != *other.text(i);
  }
  EXPECT_TRUE(different);
}

}  // namespace
}  // namespace xrouter::rollout
