#include "xrouter/rl/reward.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter::rl {
namespace {

EpisodeFacts facts(double success, std::int64_t cost_pico, std::int64_t reference_pico = 1'000'000'000) {
  return {.success = success, .cost = Usd::from_pico(cost_pico), .reference_cost = Usd::from_pico(reference_pico)};
}

double total(const RewardOptions& options, const EpisodeFacts& of, const CostQuantiles& quantiles = {}) {
  const auto reward = reward_of(options, of, quantiles);
  EXPECT_TRUE(reward) << reward.error().describe();
  const Reward& parts = reward.value();
  EXPECT_DOUBLE_EQ(parts.total, parts.success + parts.cost + parts.failure + parts.latency + parts.overlong);
  return parts.total;
}

TEST(Reward, is_success_times_what_the_cost_leaves) {
  const RewardOptions options{.success = 1, .cost_weight = 0.5, .penalty_cap = 0.8, .failure_cost = 0.1};
  EXPECT_DOUBLE_EQ(total(options, facts(1, 400'000'000)), 1 - 0.5 * 0.4);
  EXPECT_DOUBLE_EQ(total(options, facts(0.5, 400'000'000)), 0.5 * (1 - 0.5 * 0.4));
  EXPECT_DOUBLE_EQ(total(options, facts(1, 9'000'000'000)), 1 - 0.8) << "the cap";
  EXPECT_DOUBLE_EQ(total(options, facts(0, 400'000'000)), -0.1 * 0.5 * 0.4);
  EXPECT_DOUBLE_EQ(total(options, facts(0, 9'000'000'000)), -0.1 * 0.8);
}

TEST(Reward, the_cost_weight_of_the_episode_multiplies_lambda) {
  const RewardOptions options{.cost_weight = 0.5};
  EpisodeFacts dear = facts(1, 100'000'000);
  dear.cost_weight = 4;
  EXPECT_DOUBLE_EQ(total(options, dear), 1 - 0.5 * 4 * 0.1);
}

TEST(Reward, doubling_lambda_doubles_the_cost_part_below_the_cap) {
  const RewardOptions once{.cost_weight = 0.2}, twice{.cost_weight = 0.4};
  const EpisodeFacts of = facts(1, 700'000'000);
  EXPECT_DOUBLE_EQ(reward_of(twice, of)->cost, 2 * reward_of(once, of)->cost);
}

TEST(Reward, multiplying_all_prices_by_1000_changes_nothing) {
  Rng rng(7);
  for (int round = 0; round < 1000; ++round) {
    std::vector<Usd> costs, dear_costs;
    for (int i = 0; i < 40; ++i) {
      const auto pico = static_cast<std::int64_t>(rng.below(2'000'000'000'000));
      costs.push_back(Usd::from_pico(pico));
      dear_costs.push_back(Usd::from_pico(pico * 1000));
    }
    CostQuantiles quantiles, dear_quantiles;
    quantiles.advance(costs);
    dear_quantiles.advance(dear_costs);
    const auto reference = static_cast<std::int64_t>(1 + rng.below(1'000'000'000'000));
    const double success = rng.chance(0.5) ? 1 : 0;
    const RewardOptions by_reference{}, by_percentile{.norm = CostNorm::percentile};
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const EpisodeFacts of = facts(success, costs[i].pico(), reference), dear = facts(success, dear_costs[i].pico(), reference * 1000);
      // Beyond 2^53 pico-dollars (9,000 dollars) integers are rounded when they become doubles.
      EXPECT_NEAR(total(by_reference, of), total(by_reference, dear), 1e-15);
      EXPECT_NEAR(total(by_percentile, of, quantiles), total(by_percentile, dear, dear_quantiles), 1e-12);
    }
  }
}

TEST(Reward, a_success_never_scores_below_a_failure) {
  Rng rng(3);
  for (int round = 0; round < 20'000; ++round) {
    RewardOptions options{
        .success = 0.2 + rng.uniform(), .cost_weight = rng.uniform() * 5, .failure_cost = rng.uniform(), .latency_weight = rng.uniform()};
    options.penalty_cap = options.success * rng.uniform();
    ASSERT_TRUE(check(options));
    EpisodeFacts right = facts(rng.chance(0.5) ? 1 : rng.uniform(), static_cast<std::int64_t>(rng.below(5'000'000'000)));
    EpisodeFacts wrong = facts(0, static_cast<std::int64_t>(rng.below(5'000'000'000)));
    right.seconds = rng.uniform() * 500;
    wrong.seconds = rng.uniform() * 500;
    EXPECT_GE(total(options, right), total(options, wrong));
  }
}

TEST(Reward, a_free_success_scores_more_than_any_other) { EXPECT_DOUBLE_EQ(total(RewardOptions{}, facts(1, 0)), 1); }

TEST(Reward, a_success_over_its_budget_is_worth_nothing) {
  const RewardOptions options{.gate = Gate::budget, .budget = 0.5};
  EXPECT_DOUBLE_EQ(total(options, facts(1, 500'000'000)), 1);
  EXPECT_DOUBLE_EQ(total(options, facts(1, 500'000'001)), 0);
}

TEST(Reward, the_additive_gate_charges_failures_in_full) {
  const RewardOptions options{.cost_weight = 2, .gate = Gate::additive};
  EXPECT_DOUBLE_EQ(total(options, facts(0, 3'000'000'000)), -6) << "no cap";
  EXPECT_DOUBLE_EQ(total(options, facts(1, 3'000'000'000)), -5);
}

TEST(Reward, time_shares_the_cap_with_the_cost) {
  const RewardOptions options{.cost_weight = 1, .penalty_cap = 0.5, .latency_weight = 0.4, .latency_seconds = 10};
  EpisodeFacts slow = facts(1, 200'000'000);
  slow.seconds = 5;
  EXPECT_DOUBLE_EQ(reward_of(options, slow)->latency, -0.2);
  slow.seconds = 50;
  EXPECT_DOUBLE_EQ(reward_of(options, slow)->latency, -0.3);
  EXPECT_DOUBLE_EQ(total(options, slow), 0.5);
}

TEST(Reward, long_writing_is_charged_in_its_buffer) {
  const RewardOptions options{.overlong_limit_tokens = 100, .overlong_buffer_tokens = 20, .overlong_factor = 0.5};
  const auto overlong = [&](int tokens) {
    EpisodeFacts of = facts(1, 0);
    of.router_tokens = tokens;
    return reward_of(options, of)->overlong;
  };
  EXPECT_DOUBLE_EQ(overlong(80), 0);
  EXPECT_DOUBLE_EQ(overlong(85), -0.125);
  EXPECT_DOUBLE_EQ(overlong(100), -0.5);
  EXPECT_DOUBLE_EQ(overlong(4000), -0.5);
}

TEST(Reward, an_unknown_price_is_an_error_and_never_0) {
  EpisodeFacts unknown = facts(1, 0);
  unknown.cost = std::nullopt;
  EXPECT_EQ(reward_of({}, unknown).error().kind, ErrorKind::config);
  EpisodeFacts unmeasured = facts(1, 5);
  unmeasured.reference_cost = std::nullopt;
  EXPECT_EQ(reward_of({}, unmeasured).error().kind, ErrorKind::config);
  EXPECT_FALSE(reward_of({}, facts(1, 5, 0))) << "a free reference measures nothing";
  EXPECT_FALSE(reward_of({.norm = CostNorm::percentile}, facts(1, 5))) << "no costs yet";
}

TEST(Reward, refuses_options_that_would_prefer_failures) {
  EXPECT_TRUE(check(RewardOptions{}));
  EXPECT_FALSE(check(RewardOptions{.success = 1, .penalty_cap = 1}));
  EXPECT_FALSE(check(RewardOptions{.cost_weight = -1}));
  EXPECT_FALSE(check(RewardOptions{.cost_weight = std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_FALSE(check(RewardOptions{.overlong_limit_tokens = 5, .overlong_buffer_tokens = 6}));
}

TEST(CostQuantiles, stand_still_between_two_steps_and_forget_what_is_older_than_the_window) {
  CostQuantiles quantiles;
  std::vector<Usd> low(CostQuantiles::kWindow), high(CostQuantiles::kWindow);
  for (std::size_t i = 0; i < low.size(); ++i) {
    low[i] = Usd::from_pico(static_cast<std::int64_t>(i));
    high[i] = Usd::from_pico(static_cast<std::int64_t>(i) + 1'000'000);
  }
  quantiles.advance(low);
  EXPECT_DOUBLE_EQ(quantiles.normalise(Usd::from_pico(2'000'000)), 1);
  quantiles.advance(high);
  EXPECT_DOUBLE_EQ(quantiles.normalise(Usd::from_pico(999)), 0) << "nothing is left of the first step";
}

TEST(CostQuantiles, are_0_when_all_costs_are_alike) {
  CostQuantiles quantiles;
  quantiles.advance(std::vector<Usd>(20, Usd::from_pico(5)));
  EXPECT_DOUBLE_EQ(quantiles.normalise(Usd::from_pico(5)), 0);
}

TEST(CostQuantiles, go_on_from_a_checkpoint_bit_for_bit) {
  Rng rng(5);
  CostQuantiles quantiles;
  std::vector<Usd> costs;
  for (int i = 0; i < 300; ++i) costs.push_back(Usd::from_pico(static_cast<std::int64_t>(rng.below(9'000'000'000))));
  quantiles.advance(costs);
  CostQuantiles again = CostQuantiles::from_json(quantiles.to_json()).value();
  for (const Usd cost : costs) EXPECT_EQ(quantiles.normalise(cost), again.normalise(cost));
  quantiles.advance(costs);
  again.advance(costs);
  EXPECT_EQ(quantiles.to_json(), again.to_json());
}

TEST(CostQuantiles, refuse_a_checkpoint_that_is_not_theirs) {
  for (const char* text : {"", "[]", "{}", R"({"pico_usd":[-1]})", R"({"pico_usd":["1"]})", R"({"pico_usd":[1.5]})"}) {
    EXPECT_FALSE(CostQuantiles::from_json(text)) << text;
  }
}

}  // namespace
}  // namespace xrouter::rl
