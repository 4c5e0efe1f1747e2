#include "xrouter/rl/advantage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "xrouter/base/rng.hpp"
#include "xrouter/rl/golden_test.hpp"

namespace xrouter::rl {
namespace {

constexpr std::int64_t kReference = 1'000'000'000;

/// An episode at a share of the reference's cost.
Member member(const RewardOptions& options, bool right, double cost, double cost_weight = 1) {
  const EpisodeFacts facts{.success = right ? 1.0 : 0.0,
                           .cost = Usd::from_pico(static_cast<std::int64_t>(cost * static_cast<double>(kReference))),
                           .reference_cost = Usd::from_pico(kReference),
                           .cost_weight = cost_weight};
  return {.reward = reward_of(options, facts).value(), .choices = 1};
}

std::vector<Advantage> of(const AdvantageOptions& options, const MemberGroup& group) {
  return advantages_of(options, std::span(&group, 1)).front();
}

MemberGroup all_right(double lambda) {
  const RewardOptions options{.cost_weight = lambda};
  return {member(options, true, 0.1), member(options, true, 0.2), member(options, true, 0.15), member(options, true, 0.4)};
}

TEST(SplitAdvantage, doubling_lambda_doubles_the_cost_gradient_of_a_group_of_successes) {
  const auto once = of({}, all_right(0.3)), twice = of({}, all_right(0.6));
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_NEAR(twice[i].total, 2 * once[i].total, 1e-15);
    EXPECT_EQ(once[i].success, 0);
  }
  EXPECT_GT(once[0].total, 0);
  EXPECT_LT(once[3].total, 0);
}

TEST(GrpoAdvantage, cancels_lambda_which_is_why_it_is_not_the_default) {
  const AdvantageOptions grpo{.estimator = Estimator::grpo, .epsilon = 0};
  const auto once = of(grpo, all_right(0.3)), twice = of(grpo, all_right(0.6));
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(twice[i].total, once[i].total, 1e-12);
}

TEST(UnnormalisedAdvantages, keep_lambda_too) {
  for (const Estimator estimator : {Estimator::dr_grpo, Estimator::rloo}) {
    const auto once = of({.estimator = estimator}, all_right(0.3)), twice = of({.estimator = estimator}, all_right(0.6));
    for (std::size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(twice[i].cost, 2 * once[i].cost, 1e-15);
  }
}

struct RandomGroups {
  Rng rng;
  RewardOptions reward;
  explicit RandomGroups(std::uint64_t seed) : rng(seed) {}
  MemberGroup next(double price_factor = 1) {
    MemberGroup group;
    const double weight = rng.uniform() * 3;
    for (std::uint64_t left = 2 + rng.below(8); left > 0; --left)
      group.push_back(member(reward, rng.chance(0.6), rng.uniform() * 3 * price_factor, weight));
    return group;
  }
};

TEST(SplitAdvantage, prefers_every_success_to_every_failure_of_its_group) {
  RandomGroups random(1);
  for (int round = 0; round < 5000; ++round) {
    AdvantageOptions options{.failure_cost = random.rng.uniform(), .dead_zone = random.rng.uniform() * 0.1};
    options.penalty_cap = 0.999 * random.rng.uniform() / (1 + options.failure_cost);
    ASSERT_TRUE(check(options, random.reward.success));
    const MemberGroup group = random.next();
    const auto advantages = advantages_of(options, std::span(&group, 1), 0.05 + random.rng.uniform()).front();
    double worst_right = 1e9, best_wrong = -1e9;
    for (std::size_t i = 0; i < group.size(); ++i) {
      double& bound = group[i].reward.score > 0 ? worst_right : best_wrong;
      bound = group[i].reward.score > 0 ? std::min(bound, advantages[i].total) : std::max(bound, advantages[i].total);
    }
    if (worst_right < 1e9 && best_wrong > -1e9) {
      EXPECT_GT(worst_right, best_wrong);
    }
  }
}

TEST(SplitAdvantage, of_a_group_adds_up_to_zero_below_the_cap) {
  RandomGroups random(2);
  for (int round = 0; round < 1000; ++round) {
    const MemberGroup group = random.next();
    const auto advantages = of({.penalty_cap = 1e9}, group);
    double success = 0, cost = 0;
    for (const Advantage& advantage : advantages) success += advantage.success, cost += advantage.cost;
    EXPECT_NEAR(success, 0, 1e-12);
    EXPECT_NEAR(cost, 0, 1e-12);
  }
}

TEST(Advantages, parts_add_up_and_a_group_adds_up_to_zero) {
  for (const Estimator estimator : {Estimator::grpo, Estimator::dr_grpo, Estimator::rloo, Estimator::batch_std}) {
    RandomGroups random(3);
    for (int round = 0; round < 300; ++round) {
      double sum = 0;
      for (const Advantage& advantage : of({.estimator = estimator}, random.next())) {
        EXPECT_DOUBLE_EQ(advantage.total, advantage.success + advantage.cost + advantage.other);
        sum += advantage.total;
      }
      EXPECT_NEAR(sum, 0, 1e-9);
    }
  }
}

TEST(SplitAdvantage, compares_failures_with_failures_by_a_share) {
  const RewardOptions reward{.cost_weight = 0.5};
  const MemberGroup group = {member(reward, false, 0.2), member(reward, false, 0.6)};
  const auto advantages = of({.failure_cost = 0.1}, group);
  EXPECT_NEAR(advantages[0].total, 0.1 * 0.5 * 0.2, 1e-15);
  EXPECT_NEAR(advantages[1].total, -0.1 * 0.5 * 0.2, 1e-15);
}

TEST(SplitAdvantage, the_dead_zone_silences_differences_of_nothing) {
  const RewardOptions reward{};
  const MemberGroup group = {member(reward, true, 0.500), member(reward, true, 0.502)};
  for (const Advantage& advantage : of({.dead_zone = 0.01}, group)) EXPECT_EQ(advantage.total, 0);
  for (const Advantage& advantage : of({}, group)) EXPECT_NE(advantage.total, 0);
}

TEST(SplitAdvantage, the_running_scale_is_of_batches_and_keeps_lambda) {
  RunningScale scale;
  EXPECT_EQ(scale.value(), 1);
  const std::vector<MemberGroup> lone = {{member({}, true, 0.3)}};
  scale.advance(lone);
  EXPECT_FALSE(scale.started());
  const std::vector<MemberGroup> first = {all_right(0.3)};
  const std::vector<MemberGroup> dearer_lambda = {all_right(0.6)};
  scale.advance(first);
  RunningScale same;
  same.advance(dearer_lambda);
  EXPECT_DOUBLE_EQ(scale.value(), same.value()) << "measured in costs, before lambda";
  RunningScale again;
  again.restore(scale.value(), scale.started());
  again.advance(dearer_lambda);
  scale.advance(dearer_lambda);
  EXPECT_EQ(scale.value(), again.value());
}

TEST(Advantages, leave_out_members_that_could_not_be_scored) {
  const RewardOptions reward{};
  MemberGroup with = {member(reward, true, 0.2), member(reward, false, 0.4), member(reward, true, 0.9)};
  MemberGroup without = with;
  Member unknown = member(reward, false, 5);
  unknown.scored = false;
  with.insert(with.begin() + 1, unknown);
  for (const Estimator estimator : {Estimator::split, Estimator::grpo, Estimator::dr_grpo, Estimator::rloo, Estimator::batch_std,
                                    Estimator::reinforce_pp, Estimator::reinforce_pp_baseline}) {
    auto advantages = of({.estimator = estimator}, with);
    const auto expected = of({.estimator = estimator}, without);
    EXPECT_EQ(advantages[1].total, 0);
    EXPECT_TRUE(advantages[1].by_token.empty());
    advantages.erase(advantages.begin() + 1);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(advantages[i].total, expected[i].total);
      EXPECT_EQ(advantages[i].by_token, expected[i].by_token);
    }
  }
}

TEST(Returns, are_carried_across_tokens_that_the_router_did_not_write) {
  const std::vector<double> rewards = {0, 0, 1};
  const std::vector<char> mask = {1, 0, 1};
  EXPECT_EQ(discounted_returns(rewards, mask, 0.5), (std::vector<double>{0.5, 0, 1}));
}

TEST(Advantages, token_rewards_count_where_they_fall) {
  const RewardOptions reward{};
  Member first = member(reward, true, 0), second = member(reward, false, 0);
  first.choices = second.choices = 2;
  first.token_rewards = {-0.5, 0};
  const auto whole = of({.estimator = Estimator::dr_grpo}, {first, second});
  EXPECT_DOUBLE_EQ(whole[0].total, (1 - 0.5) / 2);
  const auto tokens = of({.estimator = Estimator::reinforce_pp}, {first, second});
  EXPECT_LT(tokens[0].by_token[0], tokens[0].by_token[1]) << "the first token pays for itself";
  EXPECT_DOUBLE_EQ(tokens[1].by_token[0], tokens[1].by_token[1]);
}

TEST(AdvantageOptions, that_could_prefer_a_failure_are_refused) {
  EXPECT_TRUE(check(AdvantageOptions{}, 1));
  EXPECT_FALSE(check(AdvantageOptions{.penalty_cap = 0.6, .failure_cost = 0.7}, 1));
  EXPECT_FALSE(check(AdvantageOptions{.discount = 0}, 1));
}

Member member_of(const boost::json::object& from) {
  Reward reward;
  reward.score = number_or(from, "score", 0);
  reward.cost_norm = number_or(from, "cost_norm", 0);
  reward.cost_rate = number_or(from, "cost_rate", 0);
  reward.success = number_or(from, "success", 0);
  reward.cost = number_or(from, "cost", 0);
  reward.failure = number_or(from, "failure", 0);
  reward.overlong = number_or(from, "overlong", 0);
  reward.total = reward.success + reward.cost + reward.failure + reward.overlong;
  return {.reward = reward, .choices = static_cast<int>(number_or(from, "choices", 0))};
}

Estimator estimator_of(const std::string& name) {
  const std::pair<const char*, Estimator> names[] = {{"split", Estimator::split},
                                                     {"grpo", Estimator::grpo},
                                                     {"dr_grpo", Estimator::dr_grpo},
                                                     {"rloo", Estimator::rloo},
                                                     {"batch_std", Estimator::batch_std},
                                                     {"reinforce_pp", Estimator::reinforce_pp},
                                                     {"reinforce_pp_baseline", Estimator::reinforce_pp_baseline}};
  return std::find_if(std::begin(names), std::end(names), [&](const auto& each) { return name == each.first; })->second;
}

TEST(AdvantageGolden, every_estimator_is_that_of_the_reference) {
  const boost::json::value golden = read_golden(XROUTER_SOURCE_DIR "/tests/golden/train/rl.json");
  const auto& part = golden.at("advantages").as_object();
  std::vector<MemberGroup> groups;
  for (const auto& group : part.at("groups").as_array()) {
    groups.emplace_back();
    for (const auto& each : group.as_array()) groups.back().push_back(member_of(each.as_object()));
  }
  for (const auto& each : part.at("cases").as_array()) {
    const std::string name(each.at("name").as_string());
    const auto& from = each.at("options").as_object();
    const AdvantageOptions options{.estimator = estimator_of(text_or(from, "estimator", "")),
                                   .discount = number_or(from, "discount", 1),
                                   .penalty_cap = number_or(from, "penalty_cap", 0.4),
                                   .failure_cost = number_or(from, "failure_cost", 0.05),
                                   .dead_zone = number_or(from, "dead_zone", 0)};
    const auto ours = advantages_of(options, groups, number_or(from, "cost_scale", 1));
    std::size_t row = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto* totals = each.as_object().if_contains("totals");
      const std::vector<double> expected = totals ? numbers(totals->as_array()[g]) : std::vector<double>();
      for (std::size_t i = 0; i < groups[g].size(); ++i, ++row) {
        if (totals) expect_same(ours[g][i].total, expected[i], name);
        if (totals) continue;
        const std::vector<double> tokens = numbers(each.at("by_token").as_array()[row]);
        ASSERT_EQ(ours[g][i].by_token.size(), tokens.size()) << name;
        for (std::size_t t = 0; t < tokens.size(); ++t) expect_same(ours[g][i].by_token[t], tokens[t], name);
      }
    }
  }
}

TEST(QuantileGolden, percentiles_are_those_of_the_reference) {
  const boost::json::value golden = read_golden(XROUTER_SOURCE_DIR "/tests/golden/train/rl.json");
  const auto& part = golden.at("quantiles").as_object();
  std::vector<Usd> costs;
  for (const auto& cost : part.at("costs").as_array()) costs.push_back(Usd::from_pico(cost.to_number<std::int64_t>()));
  CostQuantiles quantiles;
  quantiles.advance(std::span(costs).first(700));
  quantiles.advance(std::span(costs).subspan(700));
  const std::vector<double> expected = numbers(part.at("normalised"));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_same(quantiles.normalise(Usd::from_pico(part.at("asked").as_array()[i].to_number<std::int64_t>())), expected[i], "quantile");
  }
}

}  // namespace
}  // namespace xrouter::rl
