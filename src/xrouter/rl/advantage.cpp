#include "xrouter/rl/advantage.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "xrouter/base/assert.hpp"
#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {
namespace {

// Sums of few numbers, always in the same order.
struct Mean {
  double sum = 0;
  std::size_t count = 0;
  void add(double value) { sum += value, ++count; }
  double value() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

/// Unbiased; 1 where it does not exist.
double deviation_of(std::span<const double> values) {
  if (values.size() < 2) return 1;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

struct Parts {
  double success = 0, cost = 0, other = 0;
  double total() const { return success + cost + other; }
};

double token_rewards_of(const Member& member) { return std::accumulate(member.token_rewards.begin(), member.token_rewards.end(), 0.0); }

Parts parts_of(const Member& member) {
  const Reward& reward = member.reward;
  return {.success = reward.success,
          .cost = reward.cost + reward.failure,
          .other = reward.latency + reward.overlong + token_rewards_of(member)};
}

std::vector<double> rewards_of(const MemberGroup& group) {
  std::vector<double> rewards;
  for (const Member& member : group) {
    if (member.scored) rewards.push_back(parts_of(member).total());
  }
  return rewards;
}

/// All estimators of whole episodes but split are linear in the reward: a baseline and a factor for the whole group.
struct Linear {
  Parts baseline;
  double factor = 1;
};

Linear linear_of(const AdvantageOptions& options, const MemberGroup& group, double batch_deviation) {
  const std::vector<double> rewards = rewards_of(group);
  Linear made;
  const auto scored = static_cast<double>(rewards.size());
  if (scored > 1 && options.estimator != Estimator::reinforce_pp) {
    for (const Member& member : group) {
      if (!member.scored) continue;
      const Parts parts = parts_of(member);
      made.baseline.success += parts.success / scored;
      made.baseline.cost += parts.cost / scored;
      made.baseline.other += parts.other / scored;
    }
  }
  if (options.estimator == Estimator::grpo) made.factor = 1 / (deviation_of(rewards) + options.epsilon);
  if (options.estimator == Estimator::batch_std) made.factor = 1 / (batch_deviation + options.epsilon);
  if (options.estimator == Estimator::rloo && scored > 1) made.factor = scored / (scored - 1);
  return made;
}

std::vector<Advantage> linear_advantages(const MemberGroup& group, const Linear& linear) {
  std::vector<Advantage> made(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!group[i].scored) continue;
    const Parts parts = parts_of(group[i]);
    Advantage& advantage = made[i];
    advantage.success = (parts.success - linear.baseline.success) * linear.factor;
    advantage.cost = (parts.cost - linear.baseline.cost) * linear.factor;
    advantage.other = (parts.other - linear.baseline.other) * linear.factor;
    advantage.total = advantage.success + advantage.cost + advantage.other;
  }
  return made;
}

/// Successes are compared with successes, failures with failures.
struct SplitMeans {
  Mean success, other;
  Mean cost_of_right, cost_of_wrong, latency_of_right, latency_of_wrong;

  explicit SplitMeans(const MemberGroup& group) {
    for (const Member& member : group) {
      if (!member.scored) continue;
      const bool right = member.reward.score > 0;
      success.add(member.reward.success);
      other.add(member.reward.overlong + token_rewards_of(member));
      (right ? cost_of_right : cost_of_wrong).add(member.reward.cost_norm);
      (right ? latency_of_right : latency_of_wrong).add(member.reward.latency_norm);
    }
  }
};

Advantage split_advantage(const AdvantageOptions& options, const Member& member, const SplitMeans& means, double cost_scale) {
  const Reward& reward = member.reward;
  const bool right = reward.score > 0;
  double dearer = reward.cost_norm - (right ? means.cost_of_right : means.cost_of_wrong).value();
  if (std::abs(dearer) < options.dead_zone) dearer = 0;
  const double slower = reward.latency_norm - (right ? means.latency_of_right : means.latency_of_wrong).value();
  const double weight = right ? reward.score : 1;
  const double cost = reward.cost_rate * weight * dearer / cost_scale;
  const double cost_clipped = std::clamp(cost, -options.penalty_cap, options.penalty_cap);
  const double both_clipped = std::clamp(cost + reward.latency_rate * weight * slower, -options.penalty_cap, options.penalty_cap);
  const double share = right ? 1 : options.failure_cost;

  Advantage made;
  made.success = reward.success - means.success.value();
  made.cost = -share * cost_clipped;
  made.other = -share * (both_clipped - cost_clipped) + (reward.overlong + token_rewards_of(member) - means.other.value());
  made.total = made.success + made.cost + made.other;
  return made;
}

std::vector<Advantage> split_advantages(const AdvantageOptions& options, const MemberGroup& group, double cost_scale) {
  std::vector<Advantage> made(group.size());
  const SplitMeans means(group);
  if (means.success.count < 2) return made;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].scored) made[i] = split_advantage(options, group[i], means, cost_scale);
  }
  return made;
}

/// Returns of the choices, the episode's reward (less its baseline) on the last one.
std::vector<double> returns_of(const Member& member, const Advantage& advantage, double discount) {
  if (member.choices == 0) return {};
  XROUTER_ASSERT(member.token_rewards.empty() || member.token_rewards.size() == static_cast<std::size_t>(member.choices),
                 "one for each choice");
  std::vector<double> rewards = member.token_rewards;
  rewards.resize(static_cast<std::size_t>(member.choices));
  rewards.back() += advantage.total - token_rewards_of(member);
  const std::vector<char> mask(rewards.size(), 1);
  return discounted_returns(rewards, mask, discount);
}

void whiten(std::vector<std::vector<Advantage>>& batch) {
  constexpr double kVarianceFloor = 1e-8;
  Mean mean, squares;
  for (const auto& group : batch) {
    for (const Advantage& advantage : group) {
      for (const double value : advantage.by_token) mean.add(value);
    }
  }
  for (const auto& group : batch) {
    for (const Advantage& advantage : group) {
      for (const double value : advantage.by_token) squares.add((value - mean.value()) * (value - mean.value()));
    }
  }
  const double variance = squares.count > 1 ? squares.sum / static_cast<double>(squares.count - 1) : 0;
  const double factor = 1 / std::sqrt(variance + kVarianceFloor);
  for (auto& group : batch) {
    for (Advantage& advantage : group) {
      for (double& value : advantage.by_token) value = (value - mean.value()) * factor;
    }
  }
}

}  // namespace

Result<void> check(const AdvantageOptions& options, double success) {
  return all_kept({
      {is_amount(options.epsilon), "advantage.epsilon: must be at least 0"},
      {options.discount > 0 && options.discount <= 1, "advantage.discount: must be above 0 and at most 1"},
      {is_share(options.failure_cost), "advantage.failure_cost: must be between 0 and 1"},
      {is_amount(options.penalty_cap) && options.penalty_cap * (1 + options.failure_cost) < success,
       "advantage.penalty_cap: times (1 + failure_cost) it must be below reward.success, or a failure could be preferred to a success"},
      {is_amount(options.dead_zone), "advantage.dead_zone: must be at least 0"},
  });
}

std::vector<std::vector<Advantage>> advantages_of(const AdvantageOptions& options, std::span<const MemberGroup> groups, double cost_scale) {
  XROUTER_ASSERT(cost_scale > 0, "a scale is above 0");
  std::vector<double> all_rewards;
  for (const MemberGroup& group : groups) {
    const std::vector<double> rewards = rewards_of(group);
    all_rewards.insert(all_rewards.end(), rewards.begin(), rewards.end());
  }
  const double batch_deviation = deviation_of(all_rewards);

  std::vector<std::vector<Advantage>> made;
  made.reserve(groups.size());
  for (const MemberGroup& group : groups) {
    if (options.estimator == Estimator::split) {
      made.push_back(split_advantages(options, group, cost_scale));
    } else {
      made.push_back(linear_advantages(group, linear_of(options, group, batch_deviation)));
    }
  }
  if (options.estimator != Estimator::reinforce_pp && options.estimator != Estimator::reinforce_pp_baseline) return made;

  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t i = 0; i < groups[g].size(); ++i) {
      if (groups[g][i].scored) made[g][i].by_token = returns_of(groups[g][i], made[g][i], options.discount);
    }
  }
  whiten(made);
  return made;
}

std::vector<double> discounted_returns(std::span<const double> rewards, std::span<const char> mask, double discount) {
  XROUTER_ASSERT(rewards.size() == mask.size(), "one mask for each token");
  std::vector<double> made(rewards.size());
  double later = 0;
  for (std::size_t at = rewards.size(); at-- > 0;) {
    later = rewards[at] + (mask[at] ? discount * later : later);
    made[at] = mask[at] ? later : 0;
  }
  return made;
}

void RunningScale::advance(std::span<const MemberGroup> groups) {
  double squares = 0;
  std::size_t freedom = 0;
  for (const MemberGroup& group : groups) {
    const SplitMeans means(group);
    if (means.cost_of_right.count < 2) continue;
    freedom += means.cost_of_right.count - 1;
    for (const Member& member : group) {
      if (!member.scored || member.reward.score == 0) continue;
      const double dearer = member.reward.cost_norm - means.cost_of_right.value();
      squares += dearer * dearer;
    }
  }
  if (freedom == 0) return;
  const double now = std::sqrt(squares / static_cast<double>(freedom));
  value_ = std::max(kFloor, started_ ? kKeep * value_ + (1 - kKeep) * now : now);
  started_ = true;
}

}  // namespace xrouter::rl
