// What the rollouts of a step looked like, as metrics. Pure.
#pragma once

#include <vector>

#include "xrouter/rl/advantage.hpp"
#include "xrouter/rollout/behaviour.hpp"
#include "xrouter/trainer/episodes.hpp"
#include "xrouter/trainer/record/metrics.hpp"

namespace xrouter::trainer {

/// Success, cost, calls and answers of these groups of training samples. Returns the behaviour that they are made of.
rollout::Behaviour set_group_figures(const Episodes& episodes, const std::vector<rollout::Group>& groups, StepMetrics& metrics);

/// Mean parts of the rewards of the scored members; the mean total.
double set_reward_figures(const std::vector<rl::MemberGroup>& groups, StepMetrics& metrics);
void set_advantage_figures(const std::vector<std::vector<rl::Advantage>>& advantages, StepMetrics& metrics);

/// The range of cost weights that a group falls into, for figures: "0", "below_0.5" ...
std::string cost_weight_range(double cost_weight);

}  // namespace xrouter::trainer
