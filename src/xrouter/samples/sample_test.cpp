#include "xrouter/samples/sample.hpp"

#include <gmock/gmock.h>

#include "xrouter/samples/episode_spec.hpp"
#include "xrouter/samples/test_corpus.hpp"

namespace xrouter::samples {
namespace {

using ::testing::HasSubstr;

RouterSample plain_sample() {
  return {.id = "t/1#0", .qid = "t/1", .stratum = Stratum::hard, .pass_rate = 0.25, .models = {{.model = ModelId("best")}, {.model = ModelId("tiny")}}};
}

TEST(Sample, survives_a_round_trip_through_its_line) {
  RouterSample sample = plain_sample();
  EXPECT_EQ(parse_sample(to_line(sample)).value(), sample);
  sample.models[1] = {.model = ModelId("tiny"), .alias = "model_k3", .price_permille = 250, .described = false, .score_shift = -5};
  sample.cost_weight = 0.5;
  EXPECT_EQ(parse_sample(to_line(sample)).value(), sample);
  sample.qid.clear();
  sample.question = corpus::Question{.qid = "own", .source = "s", .domain = "d", .question = "q", .prompt = "p", .gold = R"(["a","b"])", .gold_is_json = true, .grader = "phrase"};
  sample.assumed_reply = "caf\xC3\xA9 \"x\"\n";
  EXPECT_EQ(parse_sample(to_line(sample)).value(), sample);
}

TEST(Sample, a_bad_line_is_an_error_that_names_the_field) {
  const std::string good = to_line(plain_sample());
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    const std::size_t at = line.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    line.replace(at, from.size(), to);
    const auto parsed = parse_sample(line);
    EXPECT_FALSE(parsed) << line;
    return parsed ? std::string() : parsed.error().public_text;
  };
  EXPECT_THAT(broken("\"t/1#0\"", "\"\""), HasSubstr("id"));
  EXPECT_THAT(broken("\"hard\"", "\"harder\""), HasSubstr("stratum"));
  EXPECT_THAT(broken("0.25", "1.5"), HasSubstr("pass_rate"));
  EXPECT_THAT(broken("\"tiny\"", "\"best\""), HasSubstr("twice"));
  EXPECT_THAT(broken("\"tiny\"", "\"tiny\",\"price_permille\":0"), HasSubstr("price_permille"));
  EXPECT_THAT(broken("\"qid\":\"t/1\",", ""), HasSubstr("qid"));
  EXPECT_THAT(broken("\"qid\":\"t/1\",", "\"qid\":\"t/1\",\"reply\":\"x\","), HasSubstr("reply"));
  EXPECT_FALSE(parse_sample(good.substr(0, good.size() / 2)));
  EXPECT_FALSE(parse_sample(""));
}

TEST(ShownCatalog, leaves_prices_and_names_alone_where_nothing_is_changed) {
  const auto catalog = test_catalog();
  const auto shown = catalog_of(plain_sample(), *catalog).value();
  ASSERT_EQ(shown->models().size(), 2U);
  EXPECT_EQ(shown->models()[0].price, catalog->find(ModelId("best"))->price);
  EXPECT_EQ(shown->models()[0].description, "About best.");
  EXPECT_EQ(shown->models()[0].upstream_model, "Best-1");
  EXPECT_EQ(shown->models()[1].upstream_model, "tiny");  // said, because the id may change
}

TEST(ShownCatalog, renames_reprices_and_hides_but_keeps_what_answers_are_found_by) {
  const auto catalog = test_catalog();
  RouterSample sample = plain_sample();
  sample.models[1] = {.model = ModelId("tiny"), .alias = "model_k3", .price_permille = 333, .described = false};
  const auto shown = catalog_of(sample, *catalog).value();
  const ModelSpec* model = shown->find(ModelId("model_k3"));
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(shown->find(ModelId("tiny")), nullptr);
  EXPECT_EQ(model->upstream_model, "tiny");
  EXPECT_EQ(model->price.input, Usd::from_pico(24'975));
  EXPECT_EQ(model->price.output, Usd::from_pico(99'900));
  EXPECT_TRUE(model->description.empty());
  EXPECT_NE(model->price.version(), catalog->find(ModelId("tiny"))->price.version());
  EXPECT_EQ(offered_as(sample, ModelId("model_k3"))->model, ModelId("tiny"));
  EXPECT_EQ(offered_as(sample, ModelId("tiny")), nullptr);
}

TEST(ShownCatalog, moves_all_scores_of_a_model_alike_and_keeps_them_per_cents) {
  ModelSpec scored = recorded_model("tiny", Tier::budget, 75'000);
  scored.scores = {{"math", 79}, {"easy", 98}, {"hard", 1}};
  const auto catalog = *ModelCatalog::make({recorded_model("best", Tier::premium, 3'000'000), scored});
  RouterSample sample = plain_sample();
  const auto shown = [&](int shift) {
    sample.models[1].score_shift = shift;
    return catalog_of(sample, *catalog).value()->find(ModelId("tiny"))->scores;
  };
  EXPECT_EQ(shown(5), (std::map<std::string, int>{{"math", 84}, {"easy", 100}, {"hard", 6}}));
  EXPECT_EQ(shown(-3), (std::map<std::string, int>{{"math", 76}, {"easy", 95}, {"hard", 0}}));
}

TEST(ShownCatalog, withholds_scores_with_the_description) {
  ModelSpec scored = recorded_model("tiny", Tier::budget, 75'000);
  scored.scores = {{"math", 79}};
  const auto catalog = *ModelCatalog::make({recorded_model("best", Tier::premium, 3'000'000), scored});
  RouterSample sample = plain_sample();
  EXPECT_EQ(catalog_of(sample, *catalog).value()->find(ModelId("tiny"))->scores, scored.scores);
  sample.models[1].described = false;
  EXPECT_TRUE(catalog_of(sample, *catalog).value()->find(ModelId("tiny"))->scores.empty());
}

TEST(ShownCatalog, is_an_error_for_unknown_models_names_that_collide_and_prices_out_of_range) {
  RouterSample sample = plain_sample();
  sample.models[1].model = ModelId("nobody");
  EXPECT_THAT(catalog_of(sample, *test_catalog()).error().public_text, HasSubstr("nobody"));
  sample = plain_sample();
  sample.models[1].alias = "best";
  EXPECT_FALSE(catalog_of(sample, *test_catalog()));
  sample = plain_sample();
  sample.models[1].price_permille = kMinPricePermille;  // 750 pico-dollars a token: below the catalogue's range
  EXPECT_THAT(catalog_of(sample, *test_catalog()).error().public_text, HasSubstr("t/1#0"));
}

TEST(ScaledPrice, rounds_half_up_and_keeps_what_is_unknown) {
  Price price{.input = Usd::from_pico(1'005), .output = Usd::from_pico(3), .per_call = Usd::from_pico(100'000'000'000'000)};
  const Price half = scaled(price, 500);
  EXPECT_EQ(half.input, Usd::from_pico(503));
  EXPECT_EQ(half.output, Usd::from_pico(2));
  EXPECT_EQ(half.per_call, Usd::from_pico(50'000'000'000'000));
  EXPECT_FALSE(half.cached_input);
  EXPECT_EQ(scaled(price, kUnchangedPrice), price);
  EXPECT_EQ(scaled(price, kMaxPricePermille).per_call, Usd::from_pico(10'000'000'000'000'000));
}

TEST(EpisodeSpecOfASample, asks_the_recorded_prompt_and_offers_the_models_as_shown_in_their_order) {
  RouterSample sample = plain_sample();
  sample.models = {{.model = ModelId("tiny"), .alias = "model_a1"}, {.model = ModelId("best")}};
  EpisodeSpec base;
  base.limits.max_turns = 2;
  base.mode = Mode::simple;
  const EpisodeSpec spec = episode_spec(sample, test_record(1).question, catalog_of(sample, *test_catalog()).value(), 0.25, base);
  EXPECT_EQ(last_user_text(spec.request), "Asked: Question number 1?");
  ASSERT_EQ(spec.offered.size(), 2U);
  EXPECT_EQ(spec.offered[0].tool_name, "call_model_a1");
  EXPECT_EQ(spec.offered[1].tool_name, "call_best");
  EXPECT_EQ(spec.cost_weight, 0.25);
  EXPECT_EQ(spec.limits.max_turns, 2);
  EXPECT_EQ(spec.mode, Mode::simple);
}

}  // namespace
}  // namespace xrouter::samples
