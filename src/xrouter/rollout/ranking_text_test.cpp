#include "xrouter/rollout/ranking_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

struct Bench {
  std::shared_ptr<const ModelCatalog> catalog;
  std::vector<const ModelSpec*> models;
  std::shared_ptr<const chat_format::ChatFormat> format = chat_format::ChatFormat::named("hermes").value();
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer = policy_lm::toy_tokenizer();

  explicit Bench(std::map<std::string, int> scores = {{"weak", 40}, {"good", 70}, {"best", 90}}) {
    std::vector<ModelSpec> specs;
    for (const auto& [name, score] : scores) {
      specs.push_back(recorded_model(name, 1'000'000, 4'000'000));
      if (score > 0) specs.back().scores = {{"math", score}};
    }
    catalog = *ModelCatalog::make(std::move(specs));
    for (const ModelSpec& model : catalog->models()) models.push_back(&model);
  }
  learner::TokenSequence text(double cost_weight, std::uint64_t seed, std::size_t max_tokens = 4'096) const {
    Rng rng(seed);
    return ranking_text(models, *catalog, *format, *tokenizer, {.cost_weights = {cost_weight}, .penalty = 0.1}, max_tokens, rng);
  }
  std::string decoded(const learner::TokenSequence& text) const { return tokenizer->decode(text.tokens); }
};

std::string calls_of(const std::string& text) { return text.substr(text.rfind("Cost weight")); }

/// The models of the list of prices, the cheapest first, and those of the calls, in their order.
std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const char* name : {"weak", "good", "best"})
    if (const std::size_t at = text.find("call_" + std::string(name)); at != std::string::npos) found.emplace_back(at, name);
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (const auto& [at, name] : found) names.push_back(name);
  return names;
}

TEST(RankingText, at_weight_0_the_best_scores_come_first) {
  const Bench bench;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::string text = bench.decoded(bench.text(0, seed));
    std::vector<std::string> ranked = names_in(calls_of(text)), expected;
    ASSERT_GE(ranked.size(), 2U) << text;
    for (const char* name : {"best", "good", "weak"})
      if (std::find(ranked.begin(), ranked.end(), name) != ranked.end()) expected.emplace_back(name);
    EXPECT_EQ(ranked, expected) << text;
  }
}

TEST(RankingText, at_a_great_weight_the_cheapest_come_first_and_prices_change_from_text_to_text) {
  const Bench bench;
  std::set<std::string> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::string text = bench.decoded(bench.text(100'000, seed));
    const std::vector<std::string> listed = names_in(text.substr(0, text.rfind("Cost weight"))), ranked = names_in(calls_of(text));
    EXPECT_EQ(listed, ranked) << text;
    first.insert(ranked.front());
  }
  EXPECT_EQ(first.size(), 3U);
}

TEST(RankingText, only_what_tells_names_apart_is_a_choice) {
  const Bench bench;
  const learner::TokenSequence text = bench.text(1, 3);
  std::string chosen;
  for (const learner::Choice& choice : text.choices) chosen += bench.tokenizer->bytes_of(text.tokens[static_cast<std::size_t>(choice.at)]);
  std::string expected;
  // In this format a call begins with all up to the quote behind its name.
  for (const std::string& name : names_in(calls_of(bench.decoded(text)))) expected += name + "\"";
  EXPECT_EQ(chosen, expected);
}

TEST(RankingText, the_note_is_that_of_a_router_prompt_and_the_text_fits) {
  const Bench bench;
  const learner::TokenSequence whole = bench.text(0.5, 1);
  EXPECT_NE(bench.decoded(whole).find("Prices:\n"), std::string::npos);
  EXPECT_NE(bench.decoded(whole).find("Cost weight: 0.5.\n"), std::string::npos);
  const learner::TokenSequence cut = bench.text(0.5, 1, whole.tokens.size() - 1);
  EXPECT_LT(cut.tokens.size(), whole.tokens.size());
  EXPECT_LT(cut.choices.size(), whole.choices.size());
  EXPECT_TRUE(bench.text(0.5, 1, 10).tokens.empty());
}

TEST(RankingText, needs_two_models_with_scores_and_prices) {
  EXPECT_TRUE(Bench({{"good", 70}, {"best", 0}, {"weak", 0}}).text(1, 1).tokens.empty());
  EXPECT_FALSE(Bench({{"good", 70}, {"best", 90}, {"weak", 0}}).text(1, 1).tokens.empty());
}

TEST(RankingText, the_same_seed_gives_the_same_text) {
  const Bench bench;
  EXPECT_EQ(bench.text(1, 5), bench.text(1, 5));
  EXPECT_NE(bench.text(1, 5), bench.text(1, 6));
}

}  // namespace
}  // namespace xrouter::rollout
