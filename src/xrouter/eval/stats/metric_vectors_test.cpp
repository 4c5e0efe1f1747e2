// The figures against published vectors, and RouteLLM's on recorded answers.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <map>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/eval/stats/estimators.hpp"
#include "xrouter/eval/stats/hull.hpp"
#include "xrouter/eval/stats/router_figures.hpp"

namespace xrouter::eval::stats {
namespace {

using boost::json::object;
using boost::json::value;

double number(const object& row, const char* name) { return row.at(name).to_number<double>(); }

std::vector<double> numbers(const value& list) {
  std::vector<double> out;
  for (const value& item : list.as_array()) out.push_back(item.to_number<double>());
  return out;
}

void check_run_variance(const object& row) {
  std::vector<std::vector<double>> scores;
  for (const value& runs : row.at("scores_per_sample").as_array()) scores.push_back(numbers(runs));
  const auto max_k = row.at("max_k").to_number<std::size_t>();
  EXPECT_FALSE(run_variance(scores, 1));
  for (std::size_t k = 2; k <= max_k; ++k) {
    const object& wanted =
        row.at("expected").as_object().at("pass@1[avg-of-" + std::to_string(k) + "]").as_object().at("correct_statistics").as_object();
    const auto got = run_variance(scores, k);
    ASSERT_TRUE(got);
    EXPECT_NEAR(got->mean, number(wanted, "avg"), 1e-12);
    EXPECT_NEAR(got->deviation_across_runs, number(wanted, "std_dev_across_runs"), 1e-12);
    EXPECT_NEAR(got->mean_sample_deviation, number(wanted, "avg_sample_std_dev"), 1e-12);
    EXPECT_NEAR(got->error_across_runs, number(wanted, "std_err_across_runs"), 1e-12);
  }
}

void check_pass_at_k(const object& row) {
  const auto n = row.at("n").to_number<std::size_t>();
  const auto c = row.at("c").to_number<std::size_t>();
  const auto k = row.at("k").to_number<std::size_t>();
  EXPECT_NEAR(pass_at_k(n, c, k), number(row, "expected"), 1e-12);
  EXPECT_NEAR(pass_hat_k(n, c, k), number(row, "expected_pass_hat_k"), 1e-12);
}

void check_aiq(const object& row) {
  std::vector<Point> points;
  for (const value& point : row.at("points_cost_quality").as_array()) points.push_back({numbers(point)[0], numbers(point)[1]});
  std::vector<Point> hull;
  for (const value& point : row.at("expected_hull").as_array()) hull.push_back({numbers(point)[0], numbers(point)[1]});
  EXPECT_EQ(non_decreasing_hull(points), hull);
  EXPECT_NEAR(aiq(points), number(row, "expected_aiq_over_range"), 1e-12);
  EXPECT_NEAR(aiq_code_form(points), number(row, "expected_aiq_over_cmax"), 1e-12);
}

void check(const object& row) {
  const std::string metric(row.at("metric").as_string());
  if (metric == "run_variance") return check_run_variance(row);
  if (metric == "pass_at_k") return check_pass_at_k(row);
  if (metric == "aiq") return check_aiq(row);
  if (metric == "stderr_of_mean") {
    EXPECT_NEAR(mean(numbers(row.at("scores"))), number(row, "expected_mean"), 1e-12);
    EXPECT_NEAR(standard_error(numbers(row.at("scores"))), number(row, "expected_stderr"), 1e-12);
  } else if (metric == "pooled_stderr") {
    std::vector<std::size_t> sizes;
    for (const double size : numbers(row.at("sizes"))) sizes.push_back(static_cast<std::size_t>(size));
    EXPECT_NEAR(pooled_standard_error(numbers(row.at("stderrs")), sizes), number(row, "expected"), 1e-15);
  } else if (metric == "routerarena_score") {
    const ArenaScale scale{.beta = number(row, "beta"), .dearest = number(row, "c_max"), .cheapest = number(row, "c_min")};
    EXPECT_NEAR(arena_score(number(row, "accuracy"), number(row, "cost_usd_per_1000"), scale), number(row, "expected"), 1e-12);
  } else if (metric == "xrouter_reward") {
    const RewardForm form{.lambda = number(row, "lambda_"), .k = number(row, "K"), .most = number(row, "cost_max")};
    EXPECT_NEAR(reward_multiplicative(number(row, "score"), number(row, "cost_usd"), form), number(row, "expected"), 1e-12);
  } else if (metric == "cost_utility") {
    const auto utility = cost_utility(number(row, "accuracy"), number(row, "cost_usd"));
    ASSERT_TRUE(utility);
    EXPECT_NEAR(*utility, number(row, "expected"), 1e-9 * number(row, "expected"));
  } else {
    FAIL() << "nobody checks metric " << metric;
  }
}

TEST(MetricVectors, every_row_comes_out_as_published) {
  std::ifstream in(XROUTER_SOURCE_DIR "/tests/vectors/graders/metrics.jsonl");
  std::map<std::string, int> rows;
  for (std::string line; std::getline(in, line);) {
    const object row = boost::json::parse(line).as_object();
    SCOPED_TRACE(std::string(row.at("id").as_string()));
    check(row);
    ++rows[std::string(row.at("metric").as_string())];
  }
  const std::map<std::string, int> wanted{{"aiq", 12},           {"cost_utility", 49},     {"pass_at_k", 10},
                                          {"pooled_stderr", 1},  {"routerarena_score", 4}, {"run_variance", 3},
                                          {"stderr_of_mean", 3}, {"xrouter_reward", 6}};
  EXPECT_EQ(rows, wanted);
}

std::size_t code_points(const std::string& utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

// A router that sends the longest prompts to the strong model, on all of ZeroEval's questions.
TEST(TwoModels, a_router_by_prompt_length_has_the_figures_worked_out_for_zeroeval) {
  const auto corpus = corpus::Corpus::open({XROUTER_SOURCE_DIR "/data/recorded/zeroeval.jsonl.zst"});
  ASSERT_TRUE(corpus);
  struct Row {
    std::size_t length;
    bool weak;
    bool strong;
  };
  std::vector<Row> rows;
  const auto visited = (*corpus)->for_each([&](const corpus::Header&, corpus::Record record) -> Result<void> {
    rows.push_back({code_points(record.question.prompt), record.find("gpt-4o-mini-2024-07-18")->correct,
                    record.find("claude-3-5-sonnet-20241022")->correct});
    return {};
  });
  ASSERT_TRUE(visited);
  ASSERT_EQ(rows.size(), 1979U);
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.length > b.length; });
  std::vector<StrongShare> curve;
  for (std::size_t percent = 0; percent <= 100; percent += 10) {
    const std::size_t strong = rows.size() * percent / 100;
    std::size_t right = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) right += (i < strong ? rows[i].strong : rows[i].weak) ? 1U : 0U;
    const double n = static_cast<double>(rows.size());
    curve.push_back({static_cast<double>(strong) / n, 100 * static_cast<double>(right) / n});
  }
  const TwoModels models{.weak = curve.front().quality, .strong = curve.back().quality};
  EXPECT_NEAR(models.weak, 78.929, 5e-4);
  EXPECT_NEAR(models.strong, 84.234, 5e-4);
  EXPECT_NEAR(area_under_curve(curve), 82.116, 5e-4);
  EXPECT_NEAR(*apgr(curve, models), 0.60074, 5e-6);
  EXPECT_NEAR(*call_performance_threshold(curve, models, 0.2), 0.14242, 5e-6);
  EXPECT_NEAR(*call_performance_threshold(curve, models, 0.5), 0.37468, 5e-6);
  EXPECT_NEAR(*call_performance_threshold(curve, models, 0.8), 0.70511, 5e-6);
}

}  // namespace
}  // namespace xrouter::eval::stats
