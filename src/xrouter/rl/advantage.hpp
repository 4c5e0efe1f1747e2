// How much better an episode was than its siblings on the same prompt.
#pragma once

#include <span>
#include <vector>

#include "xrouter/rl/reward.hpp"

namespace xrouter::rl {

enum class Estimator {
  split,                  ///< success and cost apart; only this one lets the cost weight act in a group of successes
  grpo,                   ///< (R - mean) / (std of the group + epsilon); the group's std cancels the cost weight
  dr_grpo,                ///< R - mean
  rloo,                   ///< R - mean of the others
  batch_std,              ///< (R - mean of the group) / (std of the batch + epsilon)
  reinforce_pp,           ///< discounted return of each token, whitened over the batch
  reinforce_pp_baseline,  ///< the same after subtracting the group's mean
};

struct AdvantageOptions {
  Estimator estimator = Estimator::split;
  double epsilon = 1e-6;       ///< of grpo and batch_std
  double discount = 1;         ///< of the reinforce_pp estimators, per token that the router chose
  double penalty_cap = 0.4;    ///< split: bound of the cost part; cap (1 + kappa) < K keeps successes above failures
  double failure_cost = 0.05;  ///< split: kappa
  double dead_zone = 0;        ///< split: differences of normalised cost below this count as none
};

/// Errors: config. `success` is RewardOptions::success.
Result<void> check(const AdvantageOptions& options, double success);

struct Member {
  Reward reward;
  bool scored = true;  ///< false: the grader could not say; counts nowhere and gets 0
  int choices = 0;     ///< tokens that the router chose
  /// Rewards of single tokens beside reward.total, which falls on the last one (KL in the reward). Empty: none.
  /// Estimators of whole episodes add them up.
  std::vector<double> token_rewards = {};
};
using MemberGroup = std::vector<Member>;

/// The parts add up to `total`.
struct Advantage {
  double success = 0, cost = 0;
  double other = 0;  ///< latency, overlong, token rewards
  double total = 0;
  /// Of each choice, for estimators that differ from token to token; `total` and its parts are then those of the whole
  /// episode before discount and whitening. Empty: `total` for all.
  std::vector<double> by_token = {};

  double at(std::size_t choice) const { return by_token.empty() ? total : by_token[choice]; }
};

/// One for each member of each group. `groups` is the whole batch of all processes. A group with one scored member has
/// no siblings: its baseline is 0 and its std 1 (split: all zeros). `cost_scale` is sigma_run of split: 1, or
/// RunningScale::value().
std::vector<std::vector<Advantage>> advantages_of(const AdvantageOptions& options, std::span<const MemberGroup> groups,
                                                  double cost_scale = 1);

/// From the rewards of single tokens to returns. Tokens that the router did not choose (mask 0) carry the return on
/// without discount and get 0 themselves.
std::vector<double> discounted_returns(std::span<const double> rewards, std::span<const char> mask, double discount);

/// sigma_run: how far normalised costs of successes lie from their group's mean, pooled over a batch and averaged over
/// batches. Never the spread of one group: that would cancel the cost weight.
class RunningScale {
 public:
  /// Once a step, before advantages. A batch without a group of two successes changes nothing.
  void advance(std::span<const MemberGroup> groups);
  double value() const { return value_; }  ///< 1 before the first batch; at least kFloor
  void restore(double value, bool started) { value_ = value, started_ = started; }
  bool started() const { return started_; }

  static constexpr double kFloor = 1e-3;
  static constexpr double kKeep = 0.9;  ///< of the old value, each step

 private:
  double value_ = 1;
  bool started_ = false;
};

}  // namespace xrouter::rl
