#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/eval/stats/bootstrap.hpp"
#include "xrouter/eval/stats/calibration.hpp"
#include "xrouter/eval/stats/estimators.hpp"
#include "xrouter/eval/stats/hull.hpp"
#include "xrouter/eval/stats/router_figures.hpp"

namespace xrouter::eval::stats {
namespace {

TEST(Estimators, clusters_of_identical_answers_widen_the_error) {
  const std::vector<double> values{1, 1, 0, 0};
  const std::vector<std::size_t> alone{0, 1, 2, 3};
  const std::vector<std::size_t> pairs{0, 0, 1, 1};
  EXPECT_NEAR(clustered_standard_error(values, alone), standard_error(values), 1e-12);
  EXPECT_NEAR(clustered_standard_error(values, pairs), 0.5, 1e-12);
  EXPECT_EQ(clustered_standard_error(values, std::vector<std::size_t>{0, 0, 0, 0}), 0);
}

TEST(Estimators, wilson_stays_inside_zero_and_one_and_is_not_empty_at_the_ends) {
  EXPECT_EQ(wilson(0, 0).high, 1);
  EXPECT_EQ(wilson(0, 10).low, 0);
  EXPECT_NEAR(wilson(0, 10).high, 0.2775, 1e-4);
  EXPECT_NEAR(wilson(10, 10).low, 0.7225, 1e-4);
  EXPECT_NEAR(wilson(50, 100).low, 0.4038, 1e-4);
}

TEST(Estimators, pass_at_k_is_undefined_not_zero_with_too_few_samples) {
  EXPECT_TRUE(std::isnan(pass_at_k(3, 2, 4)));
  EXPECT_TRUE(std::isnan(pass_hat_k(3, 2, 4)));
  EXPECT_EQ(pass_hat_k(5, 2, 3), 0);
  EXPECT_EQ(pass_at_k(5, 4, 2), 1);
}

TEST(Estimators, majority_takes_the_answer_seen_first_on_a_tie_and_ignores_empty_ones) {
  EXPECT_EQ(majority(std::vector<std::string>{"", "b", "a", "a", "b", ""}), 1U);
  EXPECT_EQ(majority(std::vector<std::string>{"b", "a", "a"}), 1U);
  EXPECT_FALSE(majority(std::vector<std::string>{"", ""}));
}

TEST(Estimators, percentiles_interpolate) {
  std::vector<double> values{4, 1, 3, 2};
  EXPECT_EQ(percentile(values, 0), 1);
  EXPECT_EQ(percentile(values, 0.5), 2.5);
  EXPECT_EQ(percentile(values, 1), 4);
}

TEST(Hull, points_that_are_dearer_and_not_better_are_no_corners) {
  EXPECT_EQ(non_decreasing_hull({{1, 0.5}, {2, 0.5}, {1, 0.4}, {3, 0.7}, {2, 0.6}}), (std::vector<Point>{{1, 0.5}, {3, 0.7}}));
  EXPECT_TRUE(non_decreasing_hull({}).empty());
}

TEST(Hull, is_flat_beyond_both_ends) {
  const std::vector<Point> hull{{1, 0.5}, {3, 0.7}};
  EXPECT_EQ(height(hull, 0.1), 0.5);
  EXPECT_NEAR(height(hull, 2), 0.6, 1e-12);
  EXPECT_EQ(height(hull, 9), 0.7);
  EXPECT_NEAR(mean_height(hull, 1, 5), 0.65, 1e-12);
  EXPECT_EQ(mean_height(hull, 2, 2), height(hull, 2));
}

TEST(RouterFigures, cost_score_is_clamped) {
  EXPECT_EQ(arena_score(1, 1e-9), arena_score(1, 0));
  EXPECT_EQ(arena_score(1, 1e9), 0);
  EXPECT_EQ(arena_score(0, 200), 0);
  EXPECT_FALSE(cost_utility(1, 0));
}

TEST(RouterFigures, the_first_crossing_counts_also_when_the_curve_falls_again) {
  const std::vector<StrongShare> curve{{0, 0}, {0.25, 0.6}, {0.5, 0.2}, {1, 1}};
  EXPECT_NEAR(*call_performance_threshold(curve, {0, 1}, 0.3), 0.125, 1e-12);
  EXPECT_FALSE(call_performance_threshold(curve, {0, 1}, 1.5));
  EXPECT_FALSE(call_performance_threshold(curve, {1, 1}, 0.5));
  EXPECT_NEAR(reward_subtractive(0, 0.1, {.lambda = 3, .k = 1, .most = 0.8}), -0.3, 1e-12);
}

TEST(Bootstrap, a_paired_difference_that_never_varies_has_no_width) {
  Table table(50, 2);
  std::vector<std::size_t> clusters(50);
  for (std::size_t r = 0; r < 50; ++r) {
    table.at(r, 0) = static_cast<double>(r % 7) / 7;
    table.at(r, 1) = table.at(r, 0) + 0.25;
    clusters[r] = r;
  }
  std::vector<double> differences;
  std::vector<double> means;
  bootstrap(table, clusters, 500, 7, [&](std::span<const double> drawn) {
    differences.push_back(drawn[1] - drawn[0]);
    means.push_back(drawn[0]);
  });
  const Interval difference = percentile_interval(differences);
  const Interval first = percentile_interval(means);
  EXPECT_NEAR(difference.low, 0.25, 1e-12);
  EXPECT_NEAR(difference.high, 0.25, 1e-12);
  EXPECT_LT(first.low, column_means(table)[0]);
  EXPECT_GT(first.high, column_means(table)[0]);
}

TEST(Bootstrap, the_same_seed_gives_the_same_draws_and_another_seed_others) {
  Table table(20, 1);
  std::vector<std::size_t> clusters(20);
  for (std::size_t r = 0; r < 20; ++r) {
    table.at(r, 0) = static_cast<double>(r);
    clusters[r] = r;
  }
  const auto draw = [&](std::uint64_t seed) {
    std::vector<double> out;
    bootstrap(table, clusters, 10, seed, [&](std::span<const double> drawn) { out.push_back(drawn[0]); });
    return out;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(Bootstrap, agrees_with_the_standard_error_of_a_mean) {
  Table table(400, 1);
  std::vector<std::size_t> clusters(400);
  std::vector<double> values;
  for (std::size_t r = 0; r < 400; ++r) {
    values.push_back(r % 4 == 0 ? 0.0 : 1.0);
    table.at(r, 0) = values.back();
    clusters[r] = r;
  }
  std::vector<double> drawn;
  bootstrap(table, clusters, 4000, 3, [&](std::span<const double> means) { drawn.push_back(means[0]); });
  const Interval interval = percentile_interval(drawn);
  EXPECT_NEAR(interval.high - interval.low, 2 * kZ95 * standard_error(values), 0.004);
}

TEST(Calibration, counts_the_gap_between_stated_and_true) {
  const std::vector<Stated> samples{{0.95, 1}, {1, 1}, {0.95, 0}, {0.05, 0}};
  const CalibrationFigures figures = calibration(samples);
  ASSERT_EQ(figures.bins.size(), 10U);
  EXPECT_EQ(figures.bins[9].samples, 3U);
  EXPECT_NEAR(figures.bins[9].accuracy, 2.0 / 3, 1e-12);
  EXPECT_NEAR(figures.expected_error, 0.75 * (2.9 / 3 - 2.0 / 3) + 0.25 * 0.05, 1e-12);
  EXPECT_TRUE(calibration({}).bins.empty());
}

}  // namespace
}  // namespace xrouter::eval::stats
