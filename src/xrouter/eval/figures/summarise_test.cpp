#include "xrouter/eval/figures/summarise.hpp"

#include <gmock/gmock.h>

#include "xrouter/eval/baseline_systems.hpp"
#include "xrouter/eval/test_support.hpp"

namespace xrouter::eval {
namespace {

using toy::TempFolder;
using toy::Trial;

const SystemFigures& figures(const Trial& run, const std::string& system) { return *find_figures(run.summary.sections.at(0), system); }

Trial ran(std::vector<System> systems, int questions = 400) {
  TempFolder folder;
  Trial run;
  run.set = toy::questions(questions);
  run.under_test = std::move(systems);
  const auto end = run.go(folder / "a", OpenMode::fresh);
  EXPECT_TRUE(end);
  return run;
}

TEST(WinRule, a_router_that_knows_where_the_cheap_model_is_right_wins_and_a_coin_does_not) {
  const Trial run = ran(toy::systems());
  const SystemFigures& policy = figures(run, "policy");
  ASSERT_TRUE(policy.hull);
  EXPECT_TRUE(policy.hull->wins);
  EXPECT_GT(policy.hull->interval.low, 0);
  EXPECT_LT(policy.hull->p_holm, 0.05);
  // Strong's accuracy at the mean of both costs; the hull there is the middle of 0.5 and 0.9.
  EXPECT_NEAR(policy.hull->margin, 0.9 - 0.7, 1e-9);
  const SystemFigures& coin = figures(run, "baseline:coin");
  EXPECT_FALSE(coin.hull->wins);
  EXPECT_GT(coin.hull->p_holm, 0.05);
  EXPECT_FALSE(figures(run, "model:cheap").hull);
}

TEST(Comparison, is_paired_with_the_best_single_model) {
  const Trial run = ran(toy::systems());
  EXPECT_EQ(run.summary.sections[0].best_single, "model:strong");
  EXPECT_EQ(run.summary.sections[0].cheapest_single, "model:cheap");
  const auto& paired = figures(run, "policy").to_best_single;
  ASSERT_TRUE(paired);
  EXPECT_EQ(paired->against, "model:strong");
  EXPECT_EQ(paired->difference, 0);
  EXPECT_EQ(paired->better + paired->worse, 0U);
  EXPECT_LT(paired->cost_ratio, 0.6);
  EXPECT_FALSE(figures(run, "model:strong").to_best_single);
  EXPECT_TRUE(figures(run, "policy").on_front);
  EXPECT_FALSE(figures(run, "model:strong").on_front) << "the policy is as good and cheaper";
}

TEST(Regret, is_measured_against_the_cheapest_right_single) {
  const Trial run = ran(toy::systems());
  // The policy is the oracle but for questions that nobody gets right, where it asks the dear model.
  const auto& policy = figures(run, "policy").regret;
  ASSERT_TRUE(policy);
  EXPECT_NEAR(policy->accuracy, 0, 1e-12);
  EXPECT_NEAR(policy->optimal_selection, 0.9, 1e-12);
  EXPECT_NEAR(figures(run, "model:cheap").regret->accuracy, 0.4, 1e-12);
}

TEST(Curves, families_are_points_by_dial_with_a_gap_to_the_singles_hull) {
  std::vector<System> systems = toy::systems();
  for (System& point : swept(systems[0], "policy", 1, {0.5, 1, 2})) systems.push_back(std::move(point));
  systems.erase(systems.begin());
  for (System& system : systems)
    if (system.id == "policy@2") system.open = toy::choosing("x", [](int i) { return std::string(i % 4 == 0 ? "cheap" : "strong"); }).open;
  for (System& system : systems)
    if (system.family == "policy") system.pair = ModelPair{ModelId("cheap"), ModelId("strong")};
  const Trial run = ran(std::move(systems));
  const Section& section = run.summary.sections[0];
  ASSERT_EQ(section.curves.size(), 1U);
  ASSERT_EQ(section.curves[0].points.size(), 3U);
  EXPECT_EQ(section.curves[0].points[1].system, "policy");
  EXPECT_GT(section.curves[0].zero_gap, 0);
  ASSERT_TRUE(section.singles);
  EXPECT_EQ(section.singles->zero_gap, 0);
  ASSERT_EQ(section.two_models.size(), 1U);
  EXPECT_GT(section.two_models[0].apgr, 0.5);
  ASSERT_TRUE(section.two_models[0].cpt[1].second);
  EXPECT_NEAR(*section.two_models[0].cpt[1].second, 0.25, 1e-9);
}

TEST(Summary, clusters_widen_the_error_and_subsets_are_told_apart) {
  TempFolder folder;
  Trial alone;
  Trial clustered;
  clustered.set = toy::questions(40, 4);
  ASSERT_TRUE(alone.go(folder / "alone", OpenMode::fresh));
  ASSERT_TRUE(clustered.go(folder / "clustered", OpenMode::fresh));
  EXPECT_GT(figures(clustered, "model:cheap").accuracy.standard_error, 2 * figures(alone, "model:cheap").accuracy.standard_error);
  const auto& subsets = alone.summary.sections[0].subsets;
  ASSERT_EQ(subsets.size(), 2U);
  EXPECT_EQ(subsets[0].subset, "even");
  EXPECT_EQ(subsets[0].rows[2].accuracy.mean, 1);
  EXPECT_EQ(subsets[1].rows[2].accuracy.mean, 0);
}

TEST(Summary, flags_models_whose_scores_are_the_same_on_every_question) {
  std::vector<System> systems = toy::systems();
  System twin = systems[3];
  twin.id = "model:twin";
  systems.push_back(std::move(twin));
  const Trial run = ran(std::move(systems), 60);
  EXPECT_THAT(run.summary.sections[0].remarks, testing::Contains(testing::HasSubstr("model:twin and model:strong have the same score")));
}

TEST(Outputs, csv_has_one_line_for_every_benchmark_sub_set_and_system) {
  const Trial run = ran(toy::systems(), 40);
  const std::string csv = summary_csv(run.summary);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 4 + 2 * 4);
  const std::size_t commas =
      static_cast<std::size_t>(std::count(csv.begin(), csv.begin() + static_cast<std::ptrdiff_t>(csv.find('\r')), ','));
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), ',')), 13 * commas);
  EXPECT_THAT(csv, testing::HasSubstr("toy,all,policy,policy,,40,40,0,0.9,"));
}

}  // namespace
}  // namespace xrouter::eval
