#include "xrouter/lm/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "xrouter/base/rng.hpp"

namespace xrouter::lm {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::vector<float> random_row(std::size_t size, float spread, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> row;
  for (std::size_t i = 0; i < size; ++i) row.push_back((static_cast<float>(rng.uniform()) - 0.5F) * spread);
  return row;
}

grammar::TokenMask mask_of(std::size_t size, const std::vector<TokenId>& ids) {
  grammar::TokenMask mask{.words = std::vector<std::uint64_t>((size + 63) / 64)};
  for (const TokenId id : ids) mask.words[static_cast<std::size_t>(id) / 64] |= std::uint64_t{1} << (id % 64);
  return mask;
}

std::vector<double> numbers(const std::string& line) {
  std::istringstream stream(line);
  std::vector<double> values;
  for (double value = 0; stream >> value;) values.push_back(value);
  return values;
}

// Draws often enough that a wrong rule shows: nothing outside, the rest within five standard deviations.
void expect_distribution(const std::vector<float>& row, const Allowed& allowed, const SamplingParams& params, const std::vector<double>& expected) {
  constexpr int kDraws = 1200;
  Sampler sampler;
  std::vector<int> counts(row.size());
  for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::size_t>(sampler.draw(row, allowed, params, static_cast<std::uint64_t>(i))->id)];
  for (std::size_t id = 0; id < row.size(); ++id) {
    EXPECT_TRUE(expected[id] > 0 || counts[id] == 0) << id;
    EXPECT_NEAR(counts[id], kDraws * expected[id], 5 * std::sqrt(kDraws * expected[id] * (1 - expected[id])) + 3) << id;
  }
}

TEST(Sampler, next_to_no_temperature_takes_the_best_token) {
  std::vector<float> row = random_row(5000, 8, 3);
  row[4321] = 9;
  const grammar::TokenMask mask = mask_of(row.size(), {17, 4321});
  grammar::Step step;
  step.many = &mask;
  for (const double temperature : {1e-20, 1e-39, 1e-310}) {
    for (const double top_p : {1.0, 0.9}) {
      const SamplingParams params{.temperature = temperature, .top_p = top_p};
      EXPECT_EQ(Sampler().draw(row, {}, params, 0)->id, 4321) << temperature << ' ' << top_p;
      EXPECT_EQ(Sampler().draw(row, {.step = &step}, params, 0)->id, 4321) << temperature << ' ' << top_p;
    }
  }
}

TEST(Sampler, draws_what_transformers_would_draw) {
  std::ifstream file(XROUTER_SOURCE_DIR "/tests/golden/lm/sampling.txt");
  std::string rule, logits, probabilities;
  ASSERT_TRUE(std::getline(file, rule)) << "the golden file is missing";
  int cases = 0;
  while (std::getline(file, rule) && std::getline(file, logits) && std::getline(file, probabilities)) {
    SCOPED_TRACE(rule);
    const std::vector<double> rules = numbers(rule);
    std::vector<float> row;
    for (const double value : numbers(logits)) row.push_back(static_cast<float>(value));
    SamplingParams params{.temperature = rules[0], .top_p = rules[2], .top_k = static_cast<int>(rules[1]), .min_p = rules[3]};
    params.seed = static_cast<std::uint64_t>(++cases);
    expect_distribution(row, {}, params, numbers(probabilities));
    // The same ids by a list: the other path through the sampler.
    grammar::Step few;
    for (std::size_t id = 0; id < row.size(); ++id) few.few.push_back(static_cast<TokenId>(id));
    expect_distribution(row, {.step = &few}, params, numbers(probabilities));
  }
  EXPECT_EQ(cases, 24);
}

TEST(Sampler, logprobs_are_those_before_temperature_and_truncation) {
  const std::vector<float> row = random_row(500, 12, 1);
  double sum = 0;
  for (const float value : row) sum += std::exp(static_cast<double>(value));
  Sampler sampler;
  for (std::uint64_t position = 0; position < 200; ++position) {
    const GeneratedToken token = *sampler.draw(row, {}, {.temperature = 2.5, .top_p = 0.9, .seed = 3, .top_logprobs = 5}, position);
    EXPECT_NEAR(token.logprob, static_cast<double>(row[static_cast<std::size_t>(token.id)]) - std::log(sum), 2e-6);
    EXPECT_EQ(token.logprob, token.free_logprob);
    ASSERT_EQ(token.top.size(), 5U);
    for (const Alternative& one : token.top) EXPECT_NEAR(one.logprob, static_cast<double>(row[static_cast<std::size_t>(one.token)]) - std::log(sum), 2e-6);
    EXPECT_TRUE(std::is_sorted(token.top.begin(), token.top.end(), [](const auto& a, const auto& b) { return a.logprob > b.logprob; }));
  }
}

TEST(Sampler, greedy_takes_the_lowest_of_equals) {
  const std::vector<float> row{1, 3, 2, 3, 3};
  Sampler sampler;
  const GeneratedToken token = *sampler.draw(row, {}, {.temperature = 0, .top_logprobs = 3}, 0);
  EXPECT_EQ(token.id, 1);
  EXPECT_EQ(token.top[0].token, 1);
  EXPECT_EQ(token.top[1].token, 3);
  EXPECT_EQ(token.top[2].token, 4);
  grammar::Step few;
  few.few = {2, 3, 4};
  EXPECT_EQ(sampler.draw(row, {.step = &few}, {.temperature = 0}, 0)->id, 3);
}

TEST(Sampler, the_grammar_comes_first) {
  const std::vector<float> row = random_row(200, 8, 5);
  const std::vector<TokenId> ids{3, 64, 65, 130, 199};
  const grammar::TokenMask mask = mask_of(row.size(), ids);
  grammar::Step many;
  many.many = &mask;
  const std::vector<TokenId> ends{7};
  double sum = 0, with_end = 0, free_sum = 0;
  for (const float value : row) free_sum += std::exp(static_cast<double>(value));
  for (const TokenId id : ids) sum += std::exp(static_cast<double>(row[static_cast<std::size_t>(id)]));
  with_end = sum + std::exp(static_cast<double>(row[7]));

  std::vector<double> expected(row.size());
  for (const TokenId id : ids) expected[static_cast<std::size_t>(id)] = std::exp(static_cast<double>(row[static_cast<std::size_t>(id)])) / sum;
  expect_distribution(row, {.step = &many, .end_tokens = ends}, {.seed = 2}, expected);

  many.may_end = true;
  for (double& probability : expected) probability *= sum / with_end;
  expected[7] = std::exp(static_cast<double>(row[7])) / with_end;
  expect_distribution(row, {.step = &many, .end_tokens = ends}, {.seed = 2}, expected);

  Sampler sampler;
  const GeneratedToken token = *sampler.draw(row, {.step = &many, .end_tokens = ends}, {.seed = 1, .top_logprobs = 20}, 4);
  EXPECT_NEAR(token.logprob, std::log(expected[static_cast<std::size_t>(token.id)]), 2e-6);
  EXPECT_NEAR(token.free_logprob, static_cast<double>(row[static_cast<std::size_t>(token.id)]) - std::log(free_sum), 2e-6);
  EXPECT_EQ(token.top.size(), ids.size() + 1) << "what is forbidden is no alternative";
}

TEST(Sampler, a_list_and_a_mask_of_the_same_ids_give_the_same_log_probabilities) {
  const std::vector<float> row = random_row(400, 10, 8);
  const std::vector<TokenId> ids{1, 2, 300, 399};
  const grammar::TokenMask mask = mask_of(row.size(), ids);
  grammar::Step many, few;
  many.many = &mask;
  few.few = ids;
  Sampler sampler;
  const GeneratedToken by_mask = *sampler.draw(row, {.step = &many}, {.temperature = 0, .top_logprobs = 4}, 0);
  const GeneratedToken by_list = *sampler.draw(row, {.step = &few}, {.temperature = 0}, 0);
  EXPECT_EQ(by_mask.id, by_list.id);
  EXPECT_NEAR(by_mask.logprob, by_list.logprob, 2e-6);
  ASSERT_EQ(by_list.top.size(), 4U) << "all of a few, whatever was asked for";
  EXPECT_TRUE(by_list.top_is_all);
  EXPECT_FALSE(by_mask.top_is_all);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(by_mask.top[i].logprob, by_list.top[i].logprob, 2e-6);
}

TEST(Sampler, chance_depends_on_seed_and_position_alone) {
  const std::vector<float> row = random_row(3000, 6, 11), other = random_row(50, 6, 12);
  Sampler fresh, used;
  for (std::uint64_t position = 0; position < 50; ++position) {
    used.draw(other, {}, {.top_k = 5, .seed = 99}, position);
    EXPECT_EQ(fresh.draw(row, {}, {.seed = 4}, position)->id, used.draw(row, {}, {.seed = 4}, position)->id);
  }
  std::map<TokenId, int> by_seed;
  for (std::uint64_t seed = 0; seed < 50; ++seed) ++by_seed[fresh.draw(row, {}, {.seed = seed}, 0)->id];
  EXPECT_GT(by_seed.size(), 30U);
}

TEST(Sampler, large_rows_are_drawn_from_all_their_blocks) {
  const std::vector<float> row(5000, 0.5F);
  Sampler sampler;
  std::vector<int> by_block(5);
  for (std::uint64_t position = 0; position < 3000; ++position) {
    ++by_block[static_cast<std::size_t>(sampler.draw(row, {}, {.temperature = 0.5, .seed = 1}, position)->id) / 1000];
  }
  for (const int count : by_block) EXPECT_NEAR(count, 600, 5 * 22);
}

TEST(Sampler, flat_rows_need_more_than_the_likeliest_thousandths) {
  std::vector<float> row(2000, 0);
  row[5] = 20;  // far above the rest, which together weigh almost nothing
  const double rest = 1999 * std::exp(-20.0);
  ASSERT_LT(rest, 0.001);
  Sampler sampler;
  for (std::uint64_t position = 0; position < 100; ++position) EXPECT_EQ(sampler.draw(row, {}, {.top_p = 0.99, .seed = 5}, position)->id, 5);
  // At a high temperature all weigh alike, and 99 percent of them must be in.
  std::map<TokenId, int> drawn;
  for (std::uint64_t position = 0; position < 1500; ++position) ++drawn[sampler.draw(row, {}, {.temperature = 100, .top_p = 0.99, .seed = 5}, position)->id];
  EXPECT_GT(drawn.size(), 900U);
  EXPECT_LE(drawn.rbegin()->first, 1982) << "of equals the higher ids go first";
}

TEST(Sampler, broken_logits_give_nothing) {
  std::vector<float> row = random_row(100, 5, 2);
  Sampler sampler;
  const std::vector<float> never(100, kNever);
  EXPECT_FALSE(sampler.draw(never, {}, {}, 0));
  row[50] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(sampler.draw(row, {}, {}, 0));
  grammar::Step few;
  few.few = {1, 2};
  EXPECT_FALSE(sampler.draw(row, {.step = &few}, {}, 0));
  EXPECT_FALSE(sampler.draw(never, {.step = &few}, {}, 0));
  few.few = {1000};  // wider than the model
  EXPECT_FALSE(sampler.draw(random_row(100, 5, 2), {.step = &few}, {}, 0));
}

TEST(Sampler, parameters_out_of_range_are_named) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(invalid_sampling({}), "");
  EXPECT_EQ(invalid_sampling({.temperature = 0, .top_p = 0, .min_p = 1, .max_tokens = 1, .top_logprobs = 20}), "");
  EXPECT_NE(invalid_sampling({.temperature = nan}), "");
  EXPECT_NE(invalid_sampling({.temperature = -0.1}), "");
  EXPECT_NE(invalid_sampling({.top_p = 1.1}), "");
  EXPECT_NE(invalid_sampling({.top_k = -1}), "");
  EXPECT_NE(invalid_sampling({.min_p = nan}), "");
  EXPECT_NE(invalid_sampling({.max_tokens = 0}), "");
  EXPECT_NE(invalid_sampling({.stop = {"a", ""}}), "");
  EXPECT_NE(invalid_sampling({.top_logprobs = 21}), "");
}

}  // namespace
}  // namespace xrouter::lm
