#include "xrouter/baselines/baseline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "xrouter/baselines/toy_test.hpp"

namespace xrouter::baselines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> choices(ToyBench& bench, const Baseline& baseline, double weight = 1, std::uint64_t seed = 1) {
  std::vector<std::string> out;
  for (const train::Example& example : bench.data->examples)
    if (example.split == corpus::Split::test) out.push_back(bench.ask(baseline, example.prompt, weight, seed).models.front());
  return out;
}

double share_of(const std::vector<std::string>& models, const std::string& model) {
  return static_cast<double>(std::count(models.begin(), models.end(), model)) / static_cast<double>(models.size());
}

class Toy : public ::testing::Test {
 protected:
  ToyBench bench_;
};

TEST_F(Toy, every_baseline_of_the_catalogue_that_needs_no_weights_answers) {
  std::set<std::string_view> names;
  for (const BaselineInfo& info : baseline_catalog()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.description.empty());
    if (info.name == "logistic" || info.name == "ngram") continue;
    const auto baseline = bench_.fit(info.name);
    EXPECT_EQ(baseline->info().name, info.name);
    EXPECT_THAT(bench_.ask(*baseline, bench_.unseen(0)).answer, HasSubstr("The answer is")) << info.name;
  }
  EXPECT_EQ(names.size(), 11U);
}

TEST_F(Toy, only_the_oracle_is_marked_as_no_policy_to_deploy) {
  for (const BaselineInfo& info : baseline_catalog()) EXPECT_EQ(info.deployable, info.name != "oracle");
}

TEST_F(Toy, tells_what_is_wrong_with_a_name) {
  EXPECT_THAT(fit_baseline("best", bench_.data).error().describe(), HasSubstr("unknown baseline 'best'"));
  EXPECT_THAT(fit_baseline("ngram", bench_.data).error().describe(), HasSubstr("needs trained n-gram weights"));
  EXPECT_THAT(fit_baseline("single:gpt-9", bench_.data).error().describe(), HasSubstr("no such model"));
}

TEST_F(Toy, a_single_model_is_always_asked) { EXPECT_THAT(bench_.ask(*bench_.fit("single:poet"), bench_.unseen(2)).models, ElementsAre("poet")); }

TEST_F(Toy, cheapest_and_strongest_are_what_their_names_say) {
  EXPECT_THAT(bench_.ask(*bench_.fit("cheapest"), bench_.unseen(2)).models, ElementsAre("small"));
  const Asked strongest = bench_.ask(*bench_.fit("strongest"), bench_.unseen(0));
  EXPECT_THAT(strongest.models, ElementsAre("strong"));
  EXPECT_NEAR(*strongest.confidence, 0.966, 0.02);
}

TEST_F(Toy, random_asks_every_model_about_equally_and_the_same_question_the_same_way) {
  const auto random = bench_.fit("random");
  const auto once = choices(bench_, *random);
  for (const char* model : {"strong", "small", "poet"}) EXPECT_NEAR(share_of(once, model), 1.0 / 3, 0.12);
  EXPECT_EQ(choices(bench_, *random), once);
  EXPECT_NE(choices(bench_, *random, 1, 2), once);
}

TEST_F(Toy, hull_moves_from_the_strongest_to_the_cheapest_as_cost_weighs_more) {
  const auto hull = bench_.fit("hull");
  EXPECT_EQ(share_of(choices(bench_, *hull, 0), "strong"), 1);
  double before = 1;
  for (const double weight : {0.3, 1.0, 5.0, 1e9}) {
    const double share = share_of(choices(bench_, *hull, weight), "strong");
    EXPECT_LE(share, before);
    before = share;
  }
  EXPECT_EQ(share_of(choices(bench_, *hull, 1e9), "small"), 1);
}

TEST_F(Toy, routers_learn_who_knows_what) {
  for (const char* name : {"knn", "cluster"}) {
    const auto router = bench_.fit(name);
    EXPECT_THAT(bench_.ask(*router, bench_.unseen(0)).models, ElementsAre("small")) << name;
    EXPECT_THAT(bench_.ask(*router, bench_.unseen(1)).models, ElementsAre("poet")) << name;
    EXPECT_THAT(bench_.ask(*router, bench_.unseen(2)).models, ElementsAre("strong")) << name;
    EXPECT_GT(*bench_.ask(*router, bench_.unseen(2)).confidence, 0.9) << name;
    EXPECT_THAT(bench_.ask(*router, bench_.unseen(2), 1e6).models, ElementsAre("small")) << name << ": nothing is worth that much";
  }
}

TEST_F(Toy, routers_stay_calm_about_texts_unlike_any_they_know) {
  for (const char* name : {"knn", "cluster", "threshold-cascade"}) {
    const auto router = bench_.fit(name);
    for (const std::string& text : {std::string(), std::string("\xff\xfe zzz \xf0"), std::string(200'000, 'q')}) {
      ScriptedPool pool;
      EpisodeSpec spec;
      spec.catalog = bench_.data->catalog;
      spec.offered = offer_all(*spec.catalog);
      spec.request.messages.push_back({.role = Role::user, .content = text});
      Episode episode(spec);
      CallScope scope(bench_.world.executor(), bench_.world.timers(), Deadline::never(), "test");
      const auto policy = router->make_policy(1);
      EXPECT_TRUE(bench_.world.run(drive(episode, *policy, pool, bench_.nobody, scope)).answer) << name;
    }
  }
}

TEST_F(Toy, a_failed_model_is_followed_by_the_next_best_until_none_is_left) {
  const auto router = bench_.fit("strongest");
  EpisodeSpec spec;
  spec.catalog = bench_.data->catalog;
  spec.offered = offer_all(*spec.catalog);
  spec.limits.max_turns = 5;
  spec.request.messages.push_back({.role = Role::user, .content = bench_.unseen(2)});
  ScriptedPool pool;
  pool.otherwise = scripted_failure(ErrorKind::upstream_unreachable);
  Episode episode(spec);
  CallScope scope(bench_.world.executor(), bench_.world.timers(), Deadline::never(), "test");
  const auto policy = router->make_policy(1);
  const Outcome outcome = bench_.world.run(drive(episode, *policy, pool, bench_.nobody, scope));
  std::vector<std::string> asked;
  for (const ModelCall& call : pool.calls()) asked.push_back(call.model->id.value);
  EXPECT_THAT(asked, ElementsAre("strong", "poet", "small"));
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_unreachable);
}

TEST_F(Toy, threshold_cascade_keeps_short_sure_answers_and_escalates_the_others) {
  const auto cascade = bench_.fit("threshold-cascade");
  EXPECT_THAT(bench_.ask(*cascade, bench_.unseen(0)).models, ElementsAre("poet"));
  EXPECT_THAT(bench_.ask(*cascade, bench_.unseen(1)).models, ElementsAre("poet"));
  const Asked hard = bench_.ask(*cascade, bench_.unseen(2));
  EXPECT_THAT(hard.models, ElementsAre("poet", "strong"));
  EXPECT_EQ(hard.answer, "The answer is yes");
  EXPECT_THAT(bench_.ask(*cascade, bench_.unseen(2), 1e6).models, ElementsAre("poet")) << "an escalation is not worth that much";
}

TEST_F(Toy, agreement_cascade_asks_the_strong_model_only_after_a_difference) {
  const auto cascade = bench_.fit("agreement-cascade");
  const Asked easy = bench_.ask(*cascade, bench_.unseen(0));
  EXPECT_THAT(easy.models, ElementsAre("poet", "small"));
  EXPECT_EQ(easy.answer, "The answer is yes");
  EXPECT_THAT(bench_.ask(*cascade, bench_.unseen(1)).models, ElementsAre("poet", "small", "strong"));
}

TEST_F(Toy, the_oracle_asks_the_cheapest_right_model_and_claims_no_doubt) {
  const auto oracle = bench_.fit("oracle");
  EXPECT_THAT(bench_.ask(*oracle, bench_.unseen(0)).models, ElementsAre("small"));
  EXPECT_THAT(bench_.ask(*oracle, bench_.unseen(1)).models, ElementsAre("poet"));
  const Asked hard = bench_.ask(*oracle, bench_.unseen(2));
  EXPECT_THAT(hard.models, ElementsAre("strong"));
  EXPECT_EQ(*hard.confidence, 1.0);
}

TEST_F(Toy, no_fit_but_the_oracle_sees_the_test_split) {
  ToyBench flipped;
  flipped.data = toy_data(true);
  for (const BaselineInfo& info : baseline_catalog()) {
    if (info.name == "logistic" || info.name == "ngram") continue;
    const auto plain = choices(bench_, *bench_.fit(info.name));
    const auto other = choices(bench_, **fit_baseline(info.name, flipped.data, {.clusters = 3}));
    EXPECT_EQ(plain == other, info.name != "oracle") << info.name;
  }
}

TEST_F(Toy, the_same_seed_gives_the_same_clusters) {
  const auto one = choices(bench_, *bench_.fit("cluster", {.seed = 7, .clusters = 5}), 3);
  EXPECT_EQ(choices(bench_, *bench_.fit("cluster", {.seed = 7, .clusters = 5}), 3), one);
}

}  // namespace
}  // namespace xrouter::baselines
