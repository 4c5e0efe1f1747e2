// What rollouts are worth, as the estimators and the rules of selection read it. Pure.
#pragma once

#include <vector>

#include "xrouter/rl/advantage.hpp"
#include "xrouter/rl/selection.hpp"
#include "xrouter/rollout/rollout.hpp"

namespace xrouter::trainer {

/// Of one rollout. Errors: no_usable_answer when no grader could judge it, config when its cost cannot be measured.
Result<rl::Reward> reward_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles);

/// Of one rollout. `scored` is false when no grader could judge it, or when its cost or what it is compared with is not
/// known: it counts nowhere then.
rl::Member member_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles);
rl::MemberGroup members_of(const rl::RewardOptions& options, const rollout::Group& group, const rl::CostQuantiles& quantiles);

/// As the rule of admission sees it. `right` and `wrong` count verdicts; for `signal`, in a group of one verdict whose scores
/// differ (partial credit), the members of the best score and the others.
rl::GroupFacts facts_of(const rollout::Group& group, const rl::MemberGroup& members, std::uint64_t handle,
                        rl::Admission admission = rl::Admission::mixed);

/// Everything that an episode has cost; empty when a part is not known.
std::optional<Usd> cost_of(const rollout::Rollout& rollout);
std::vector<Usd> known_costs(const std::vector<rollout::Group>& groups);

}  // namespace xrouter::trainer
