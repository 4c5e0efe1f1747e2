// What rollouts are worth, as the estimators and the rules of selection read it. Pure.
#pragma once

#include <vector>

#include "xrouter/rl/advantage.hpp"
#include "xrouter/rl/selection.hpp"
#include "xrouter/rollout/rollout.hpp"

namespace xrouter::trainer {

/// Of one rollout. `scored` is false when no grader could judge it, or when its cost or what it is compared with is not
/// known: it counts nowhere then.
rl::Member member_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles);
rl::MemberGroup members_of(const rl::RewardOptions& options, const rollout::Group& group, const rl::CostQuantiles& quantiles);

rl::GroupFacts facts_of(const rollout::Group& group, const rl::MemberGroup& members, std::uint64_t handle);

/// Everything that an episode has cost; empty when a part is not known.
std::optional<Usd> cost_of(const rollout::Rollout& rollout);
std::vector<Usd> known_costs(const std::vector<rollout::Group>& groups);

}  // namespace xrouter::trainer
