// The parts of the learned baselines, on corpora small enough to compute by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/baselines/cascades.hpp"
#include "xrouter/baselines/neighbours.hpp"
#include "xrouter/baselines/static_rankings.hpp"
#include "xrouter/baselines/toy_test.hpp"

namespace xrouter::baselines {
namespace {

using ::testing::ElementsAre;

std::vector<double> costs_of(const std::vector<HullPoint>& hull) {
  std::vector<double> out;
  for (const HullPoint& point : hull) out.push_back(point.cost);
  return out;
}

TEST(Hull, keeps_the_corners_and_drops_what_lies_below_or_behind) {
  const auto hull = hull_of({{nullptr, 1, 0.5}, {nullptr, 2, 0.55}, {nullptr, 3, 0.9}, {nullptr, 3, 0.8}, {nullptr, 9, 0.9}, {nullptr, 10, 0.95}});
  EXPECT_THAT(costs_of(hull), ElementsAre(1, 3, 10));
}

TEST(Hull, drops_points_on_a_segment_and_unknown_costs) {
  EXPECT_THAT(costs_of(hull_of({{nullptr, 0, 0.0}, {nullptr, 1, 0.25}, {nullptr, 2, 0.5}, {nullptr, std::numeric_limits<double>::max(), 1.0}})), ElementsAre(0, 2));
  EXPECT_TRUE(hull_of({}).empty());
}

TEST(HullMix, spends_its_target_on_average) {
  const auto data = toy_data();
  const auto stats = std::make_shared<const TrainStats>(*data);
  const Ranking ranking = hull_mix(stats);
  const Models offered{data->models[0], data->models[1]};  // strong, small
  const double cheap = mean_cost_usd(*stats, *offered[1]);
  const double dear = mean_cost_usd(*stats, *offered[0]);
  double spent = 0;
  constexpr int kQuestions = 20'000;
  for (int i = 0; i < kQuestions; ++i) {
    const std::string text = "question " + std::to_string(i);
    const RankingInput input{.text = text, .prompt_bytes = 0, .cost_weight = 1, .seed = 3, .offered = offered};
    spent += mean_cost_usd(*stats, *ranking(input).front().model) / kQuestions;
  }
  const double target = std::sqrt(cheap * dear);
  EXPECT_NEAR(spent / target, 1, 0.1);
}

TEST(TrainStats, counts_split_train_only_and_knows_a_prior_for_strangers) {
  const auto data = toy_data();
  const TrainStats stats(*data);
  std::size_t train = 0;
  for (const train::Example& example : data->examples) train += example.split == corpus::Split::train ? 1 : 0;
  EXPECT_EQ(stats.of(*data->models[0]).outcomes, train);
  EXPECT_NEAR(stats.of(*data->models[1]).accuracy, 1.0 / 3, 0.05);
  const ModelSpec stranger = toy_model("stranger", 5, Tier::premium);
  EXPECT_NEAR(stats.of(stranger).accuracy, 0.80, 1e-9);
  EXPECT_FALSE(stats.index_of(stranger));
}

TEST(TextSpace, forgets_words_of_every_text_and_of_one_text) {
  const std::vector<std::string_view> texts{"common apple pie", "common apple tart", "common pear", "common lonely"};
  const TextSpace space(texts, {.bucket_bits = 16, .max_share = 0.6, .min_texts = 2});
  const std::string padding(300, ' ');  // the length of a text is a feature too
  EXPECT_TRUE(space.vector_of("lonely stranger" + padding).empty());
  EXPECT_TRUE(space.vector_of("common" + padding).empty());
  const SparseVector apple = space.vector_of("apple" + padding);
  ASSERT_EQ(apple.size(), 1U);
  EXPECT_NEAR(apple[0].weight, 1, 1e-6);
}

TEST(Neighbours, are_those_that_share_rare_words_nearest_first) {
  const auto data = toy_data();
  const NeighbourEstimator estimator(*data, std::make_shared<TrainStats>(*data), {.neighbours = 10, .prior_weight = 1, .space = {.max_share = 0.5}});
  const auto found = estimator.nearest("verses about roses");
  ASSERT_EQ(found.size(), 10U);
  for (std::size_t i = 1; i < found.size(); ++i) EXPECT_GE(found[i - 1].cosine, found[i].cosine);
  const auto estimates = estimator.estimate("verses about roses", data->models);
  EXPECT_GT(estimates[2].success, 0.9) << "the poet";
  EXPECT_LT(estimates[1].success, 0.2) << "the small one";
  EXPECT_TRUE(estimator.nearest("nothing known").empty());
}

TEST(Clusters, part_the_kinds_of_questions) {
  const auto data = toy_data();
  const ClusterEstimator estimator(*data, std::make_shared<TrainStats>(*data), {.clusters = 3, .seed = 1});
  const std::size_t sums = estimator.cluster_of("add the numbers of this list");
  const std::size_t poems = estimator.cluster_of("write verses about spring and roses");
  const std::size_t proofs = estimator.cluster_of("prove the lemma on compact spaces");
  EXPECT_TRUE(sums != poems && poems != proofs && sums != proofs);
}

TEST(Clusters, are_never_more_than_the_texts) {
  auto few = std::make_shared<FitData>(*toy_data());
  few->examples.resize(2);
  for (train::Example& example : few->examples) example.split = corpus::Split::train;
  const ClusterEstimator estimator(*few, std::make_shared<TrainStats>(*few), {.clusters = 32});
  EXPECT_EQ(estimator.clusters(), 2U);
}

TEST(Value, counts_an_unknown_price_like_the_dearest_and_does_not_depend_on_the_currency) {
  const ModelSpec dear = toy_model("dear", 1'000'000);
  ModelSpec unpriced = toy_model("unpriced", 1);
  unpriced.price = {};
  const ModelSpec cheap = toy_model("cheap", 10'000);
  const std::vector<Estimate> estimates{{0.9, 100}, {0.9, 100}, {0.85, 100}};
  EXPECT_EQ(ranked_by_value({&dear, &unpriced, &cheap}, estimates, 10, 0.1).front().model, &cheap);
  EXPECT_EQ(ranked_by_value({&dear, &unpriced, &cheap}, estimates, 10, 0.01).front().model, &dear);
  EXPECT_EQ(ranked_by_value({&dear, &unpriced, &cheap}, estimates, 10, 0.01).back().model, &cheap);
  EXPECT_TRUE(ranked_by_value({}, {}, 10, 1).empty());
}

TEST(CascadeRoles, take_the_best_of_the_cheap_and_at_least_the_cheapest) {
  const auto data = toy_data();
  const TrainStats stats(*data);
  const CascadeRoles roles = cascade_roles(stats, data->models);
  EXPECT_EQ(roles.strong->id.value, "strong");
  EXPECT_THAT(roles.cheap, ElementsAre(data->models[2], data->models[1]));
  const CascadeRoles two = cascade_roles(stats, {data->models[1], data->models[2]});
  EXPECT_THAT(two.cheap, ElementsAre(data->models[1])) << "not cheap beside the poet, but there is no other";
  EXPECT_TRUE(cascade_roles(stats, {data->models[0]}).cheap.empty());
}

}  // namespace
}  // namespace xrouter::baselines
