#include "xrouter/policy/ngram_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "xrouter/base/rng.hpp"
#include "xrouter/engine/drive.hpp"
#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/ngram_plan.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kBits = 8;

LinearWeights constant(float bias) { return {.bias = bias, .step = 0, .units = std::vector<std::int8_t>(1U << kBits, 0)}; }
ModelWeights weights_of(std::string id, float log_odds) { return {.id = std::move(id), .log_odds = constant(log_odds), .log_output = constant(std::log(100.F))}; }

ModelSpec spec_of(std::string id, std::int64_t pico_per_token, Tier tier = Tier::standard) {
  ModelSpec spec;
  spec.id = ModelId(std::move(id));
  spec.tier = tier;
  spec.price.input = Usd::from_pico(pico_per_token);
  spec.price.output = Usd::from_pico(pico_per_token);
  spec.price.source = "test";
  return spec;
}

// Strong: 95 % right at 100 units of money. Mid: 80 % at 10. Cheap: 78 % at 5.
NgramModel::Parameters parameters_of() {
  NgramModel::Parameters parameters;
  parameters.bucket_bits = kBits;
  parameters.cost_scale = 0.1F;
  parameters.tokens_per_byte = 0.25F;
  parameters.agreement = {.agree = {1, 0, 0}, .right_if_agree = {2, 0.5F, 0.5F}, .right_if_not = {-1, 0.5F, 0}, .third_if_not = {0, 0.7F, 0, 0}};
  parameters.models = {weights_of("strong", 3), weights_of("mid", 1.4F), weights_of("cheap", 1.3F)};
  return parameters;
}

class NgramEpisode : public ::testing::Test {
 protected:
  NgramEpisode() {
    catalog_ = *ModelCatalog::make({spec_of("strong", 100'000'000), spec_of("mid", 10'000'000), spec_of("cheap", 5'000'000)});
    spec_.catalog = catalog_;
    spec_.offered = offer_all(*catalog_);
    ask("Please give the final answer.");
  }
  void ask(std::string text) {
    spec_.request.messages = {{.role = Role::user, .content = std::move(text)}};
  }
  Outcome run() {
    NgramPolicy policy(std::make_shared<NgramModel>(parameters_));
    Episode episode(spec_);
    ObserverList nobody({});
    CallScope scope(world_.executor(), world_.timers(), Deadline::never(), "test");
    Outcome outcome = world_.run(drive(episode, policy, pool_, nobody, scope));
    for (const ModelCall& call : pool_.calls()) asked_.push_back(call.model->id.value);
    if (!episode.transcript().turns.empty()) confidence_ = episode.transcript().turns.front().confidence;
    return outcome;
  }

  NgramModel::Parameters parameters_ = parameters_of();
  World world_;
  ScriptedPool pool_;
  std::shared_ptr<const ModelCatalog> catalog_;
  EpisodeSpec spec_;
  std::vector<std::string> asked_;
  std::optional<double> confidence_;
};

TEST_F(NgramEpisode, commits_to_the_likeliest_model_when_money_does_not_matter) {
  spec_.cost_weight = 0;
  ask("Write a poem.");
  EXPECT_EQ(run().answer->text(), "ok");
  EXPECT_THAT(asked_, ElementsAre("strong"));
  EXPECT_NEAR(*confidence_, 0.953, 0.001);
}

TEST_F(NgramEpisode, takes_a_cheaper_model_when_cost_weighs_more) {
  spec_.cost_weight = 5;
  ask("Write a poem.");
  run();
  EXPECT_THAT(asked_, ElementsAre("cheap"));
}

TEST_F(NgramEpisode, follows_a_change_of_price) {
  spec_.cost_weight = 5;
  ask("Write a poem.");
  catalog_ = *ModelCatalog::make({spec_of("strong", 100'000'000), spec_of("mid", 10'000'000), spec_of("cheap", 50'000'000)});
  spec_.catalog = catalog_;
  spec_.offered = offer_all(*catalog_);
  run();
  EXPECT_THAT(asked_, ElementsAre("mid"));
}

TEST_F(NgramEpisode, compares_two_cheap_models_and_takes_the_cheaper_when_they_agree) {
  pool_.on("mid", "The answer is (B).").on("cheap", "So the answer is B");
  const Outcome outcome = run();
  EXPECT_THAT(asked_, ElementsAre("mid", "cheap"));
  EXPECT_EQ(outcome.answer->text(), "So the answer is B");
  EXPECT_EQ(outcome.source, AnswerSource::selected);
}

TEST_F(NgramEpisode, asks_the_strong_model_when_two_cheap_ones_differ) {
  pool_.on("mid", "The answer is (B).").on("cheap", "The answer is (C).").on("strong", "The answer is (D).");
  EXPECT_EQ(run().answer->text(), "The answer is (D).");
  EXPECT_THAT(asked_, ElementsAre("mid", "cheap", "strong"));
}

TEST_F(NgramEpisode, takes_the_better_of_two_when_the_third_fails) {
  pool_.on("mid", "The answer is (B).").on("cheap", "The answer is (C).").on("strong", scripted_failure(ErrorKind::upstream_unreachable));
  EXPECT_EQ(run().answer->text(), "The answer is (B).");
}

TEST_F(NgramEpisode, replaces_a_failed_model_by_the_next_best) {
  spec_.cost_weight = 0;
  ask("Write a poem.");
  pool_.on("strong", scripted_failure(ErrorKind::upstream_unreachable));
  EXPECT_TRUE(run().answer);
  EXPECT_THAT(asked_, ElementsAre("strong", "mid"));
}

TEST_F(NgramEpisode, gives_up_with_the_last_error_when_every_model_failed) {
  pool_.otherwise = scripted_failure(ErrorKind::upstream_unreachable);
  const Outcome outcome = run();
  EXPECT_FALSE(outcome.answer);
  EXPECT_TRUE(outcome.error);
}

TEST_F(NgramEpisode, asks_one_model_in_simple_mode_and_for_requests_with_tools) {
  spec_.mode = Mode::simple;
  run();
  EXPECT_EQ(asked_.size(), 1U);
  asked_.clear();
  spec_.mode = Mode::agent;
  spec_.request.tools.push_back({.name = "lookup"});
  ScriptedPool fresh;
  pool_ = std::move(fresh);
  run();
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(NgramEpisode, passes_over_models_that_the_cost_limit_does_not_allow) {
  spec_.cost_weight = 0;
  spec_.limits.default_output_tokens = 100;
  // The strong model's worst case is over 0.01 USD, the others' well below.
  spec_.limits.max_cost = *Usd::parse("0.005");
  run();
  EXPECT_THAT(asked_, ElementsAre("mid"));
}

TEST_F(NgramEpisode, says_that_the_cost_limit_is_the_reason_when_it_allows_no_model) {
  spec_.limits.max_cost = Usd::from_pico(1'000);
  const Outcome outcome = run();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::insufficient_quota);
  EXPECT_EQ(outcome.error->public_text, kNothingAffordable);
  EXPECT_EQ(outcome.stop, StopReason::cost_limit) << "as when the same model is asked by its name";
  EXPECT_TRUE(asked_.empty());
}

TEST(NgramPlan, knows_priors_for_models_without_weights) {
  const NgramModel model(parameters_of());
  const ModelSpec known = spec_of("cheap", 5'000'000);
  const ModelSpec unknown = spec_of("brand-new", 5'000'000, Tier::premium);
  const std::vector<const ModelSpec*> models{&known, &unknown};
  const auto candidates = assess(model, {.text = "x", .prompt_bytes = 1}, models);
  EXPECT_NEAR(probability_of(candidates[1].log_odds), 0.80, 1e-9);
  EXPECT_FALSE(model.knows(unknown.id));
}

TEST(NgramPlan, does_not_depend_on_the_currency) {
  const NgramModel model(parameters_of());
  const ModelSpec a = spec_of("strong", 100'000'000);
  const ModelSpec b = spec_of("cheap", 5'000'000);
  const ModelSpec a10 = spec_of("strong", 1'000'000'000);
  const ModelSpec b10 = spec_of("cheap", 50'000'000);
  const auto one = assess(model, {.text = "x", .prompt_bytes = 400}, std::vector<const ModelSpec*>{&a, &b});
  const auto ten = assess(model, {.text = "x", .prompt_bytes = 400}, std::vector<const ModelSpec*>{&a10, &b10});
  EXPECT_NEAR(one[0].penalty, 0.1, 1e-6) << "the likeliest model costs one cost_scale";
  EXPECT_NEAR(one[1].penalty, 0.005, 1e-6);
  EXPECT_NEAR(one[1].penalty, ten[1].penalty, 1e-9);
}

TEST(NgramPlan, counts_an_unknown_price_like_the_dearest) {
  const NgramModel model(parameters_of());
  const ModelSpec a = spec_of("strong", 100'000'000);
  ModelSpec unpriced = spec_of("cheap", 1);
  unpriced.price = Price{};
  const auto candidates = assess(model, {.text = "x", .prompt_bytes = 4}, std::vector<const ModelSpec*>{&a, &unpriced});
  EXPECT_EQ(candidates[0].penalty, candidates[1].penalty);
}

TEST(NgramPlan, compares_only_where_one_answer_is_asked_for) {
  EXPECT_TRUE(asks_for_an_answer("finish with \"the ANSWER is (X)\""));
  EXPECT_FALSE(asks_for_an_answer("Write a poem about Rome."));
}

TEST(NgramFeatures, see_words_and_neighbours_but_not_numbers_or_case) {
  const auto same = [](std::string_view a, std::string_view b) { return features_of(a, 15).buckets == features_of(b, 15).buckets; };
  EXPECT_TRUE(same("Add 12 and 34", "add 56  AND\n78"));
  EXPECT_FALSE(same("add 12 and 34", "and 12 add 34"));
  EXPECT_FALSE(same("add 12", "add 123"));
  const TextFeatures features = features_of(std::string(200'000, 'x') + " tail", 10);
  EXPECT_TRUE(std::is_sorted(features.buckets.begin(), features.buckets.end()));
  EXPECT_LT(features.buckets.back(), 1U << 10);
  EXPECT_EQ(features_of("", 4).buckets.empty(), false) << "the length is a feature too";
}

TEST(NgramModelFile, survives_a_round_trip) {
  const NgramModel model(parameters_of());
  const auto back = NgramModel::parse(model.to_bytes());
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(back->parameters(), model.parameters());
}

TEST(NgramModelFile, refuses_every_truncation_and_every_flipped_byte) {
  const std::string whole = NgramModel(parameters_of()).to_bytes();
  for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 37) {
    const auto cut = NgramModel::parse(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(cut);
    ASSERT_EQ(cut.error().kind, ErrorKind::config);
    std::string flipped = whole;
    flipped[size] = static_cast<char>(flipped[size] ^ 0x10);
    ASSERT_FALSE(NgramModel::parse(flipped)) << "at " << size;
  }
}

TEST(NgramModelFile, refuses_sizes_that_its_checksum_confirms_but_its_bytes_do_not) {
  std::string lying = NgramModel(parameters_of()).to_bytes();
  lying.resize(lying.size() - 8);
  lying[12] = 100;  // models
  const std::uint64_t sum = fnv1a64(lying);
  lying.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  EXPECT_THAT(NgramModel::parse(lying).error().public_text, HasSubstr("Not a usable weights file"));
  EXPECT_EQ(NgramModel::load("/nonexistent").error().kind, ErrorKind::config);
}

TEST(ShippedWeights, load_and_prefer_strong_models_for_hard_questions) {
  const auto path = std::filesystem::path(XROUTER_SOURCE_DIR) / "data/models/ngram.bin";
  const auto model = NgramModel::load(path.string());
  ASSERT_TRUE(model) << model.error().describe();
  EXPECT_GE(model->parameters().models.size(), 20U);
  EXPECT_GT(model->parameters().cost_scale, 0);
  const ModelSpec strong = spec_of("claude-3-5-sonnet-20241022", 1);
  const ModelSpec weak = spec_of("llama-3.1-8b-instruct@zeroeval", 1);
  ASSERT_TRUE(model->knows(strong.id) && model->knows(weak.id));
  const TextFeatures text = model->features("Let $x$ be the number of solutions of $\\sin x = \\frac{1}{3}$. Find the answer.");
  EXPECT_GT(model->predict(text, strong).log_odds, model->predict(text, weak).log_odds + 0.3);
}

}  // namespace
}  // namespace xrouter::policy
