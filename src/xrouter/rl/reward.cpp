#include "xrouter/rl/reward.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {
namespace {

Result<double> normalised(const RewardOptions& options, const EpisodeFacts& facts, const CostQuantiles& quantiles) {
  if (!facts.cost) return fail(ErrorKind::config, "the cost of an episode is not known: a price is missing");
  switch (options.norm) {
    case CostNorm::usd:
      return facts.cost->to_double();
    case CostNorm::percentile:
      if (!quantiles.ready()) return fail(ErrorKind::config, "no cost has been seen yet that another could be measured against");
      return quantiles.normalise(*facts.cost);
    case CostNorm::reference:
      break;
  }
  if (!facts.reference_cost) return fail(ErrorKind::config, "the reference of the reward has no cost on this prompt");
  if (facts.reference_cost->pico() <= 0)
    return fail(ErrorKind::config, "the reference of the reward is free: costs cannot be measured against it");
  // Integers below 2^53 are exact: the quotient is the same when all prices are multiplied by one number.
  return static_cast<double>(facts.cost->pico()) / static_cast<double>(facts.reference_cost->pico());
}

double overlong(const RewardOptions& options, int tokens) {
  if (options.overlong_limit_tokens == 0) return 0;
  const int free_tokens = options.overlong_limit_tokens - options.overlong_buffer_tokens;
  if (tokens <= free_tokens) return 0;
  if (tokens > options.overlong_limit_tokens) return -options.overlong_factor;
  return options.overlong_factor * static_cast<double>(free_tokens - tokens) / options.overlong_buffer_tokens;
}

// Cost and time share one cap, the cost first: together they never take a success below a failure.
struct Penalty {
  double cost = 0, latency = 0;
  Penalty(const Reward& of, double cap)
      : cost(std::min(of.cost_rate * of.cost_norm, cap)), latency(std::min(of.latency_rate * of.latency_norm, cap - cost)) {}
};

void reward_by_success(const RewardOptions& options, Reward& reward) {
  const Penalty penalty(reward, options.penalty_cap);
  if (reward.score == 0) {
    reward.failure = -options.failure_cost * (penalty.cost + penalty.latency);
    return;
  }
  reward.success = reward.score * options.success;
  reward.cost = -reward.score * penalty.cost;
  reward.latency = -reward.score * penalty.latency;
}

void reward_within_budget(const RewardOptions& options, Reward& reward) {
  reward_by_success(options, reward);
  if (reward.score == 0) return;
  const bool within = reward.cost_norm <= options.budget;
  reward.cost = within ? 0 : -reward.success;
  reward.latency = within ? -reward.score * std::min(reward.latency_rate * reward.latency_norm, options.penalty_cap) : 0;
}

void reward_additively(const RewardOptions& options, Reward& reward) {
  reward.success = reward.score * options.success;
  reward.cost = -reward.cost_rate * reward.cost_norm;
  reward.latency = -reward.latency_rate * reward.latency_norm;
}

}  // namespace

Result<void> check(const RewardOptions& options) {
  return all_kept({
      {std::isfinite(options.success) && options.success > 0, "reward.success: must be above 0"},
      {is_amount(options.cost_weight), "reward.cost_weight: must be at least 0"},
      {is_amount(options.penalty_cap) && options.penalty_cap < options.success,
       "reward.penalty_cap: must be at least 0 and below reward.success, or a dear success would be worth less than a failure"},
      {is_amount(options.budget), "reward.budget: must be at least 0"},
      {is_share(options.failure_cost), "reward.failure_cost: must be between 0 and 1"},
      {is_amount(options.latency_weight), "reward.latency_weight: must be at least 0"},
      {std::isfinite(options.latency_seconds) && options.latency_seconds > 0, "reward.latency_seconds: must be above 0"},
      {options.overlong_limit_tokens >= 0, "reward.overlong_limit_tokens: must be at least 0"},
      {options.overlong_buffer_tokens >= 0 && options.overlong_buffer_tokens <= options.overlong_limit_tokens,
       "reward.overlong_buffer_tokens: must be between 0 and reward.overlong_limit_tokens"},
      {is_amount(options.overlong_factor), "reward.overlong_factor: must be at least 0"},
  });
}

Result<Reward> reward_of(const RewardOptions& options, const EpisodeFacts& facts, const CostQuantiles& quantiles) {
  XROUTER_ASSERT(facts.success >= 0 && facts.success <= 1, "graders score between 0 and 1");
  XROUTER_ASSERT(is_amount(facts.cost_weight) && is_amount(facts.seconds), "weights and times are amounts");
  const Result<double> cost = normalised(options, facts, quantiles);
  if (!cost) return fail(cost.error());

  Reward reward;
  reward.score = facts.success;
  reward.cost_norm = *cost;
  reward.cost_rate = options.cost_weight * facts.cost_weight;
  reward.latency_norm = facts.seconds / options.latency_seconds;
  reward.latency_rate = options.latency_weight;
  switch (options.gate) {
    case Gate::success:
      reward_by_success(options, reward);
      break;
    case Gate::budget:
      reward_within_budget(options, reward);
      break;
    case Gate::additive:
      reward_additively(options, reward);
      break;
  }
  reward.overlong = overlong(options, facts.router_tokens);
  reward.total = reward.success + reward.cost + reward.failure + reward.latency + reward.overlong;
  return reward;
}

}  // namespace xrouter::rl
