#include "xrouter/trainer/stages/rewards.hpp"

#include <algorithm>

namespace xrouter::trainer {

using rollout::Verdict;

std::optional<Usd> cost_of(const rollout::Rollout& rollout) {
  return rollout.cost_known ? std::optional(rollout.router_cost + rollout.target_cost) : std::nullopt;
}

std::vector<Usd> known_costs(const std::vector<rollout::Group>& groups) {
  std::vector<Usd> costs;
  for (const rollout::Group& group : groups)
    for (const rollout::Rollout& rollout : group.rollouts)
      if (const auto cost = cost_of(rollout)) costs.push_back(*cost);
  return costs;
}

rl::Member member_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles) {
  rl::Member member;
  member.scored = rollout.verdict != Verdict::unscored;
  member.choices = static_cast<int>(rollout.trajectory.sequence.choices.size());
  if (!member.scored) return member;
  const rl::EpisodeFacts facts{.success = rollout.score,
                               .cost = cost_of(rollout),
                               .reference_cost = rollout.reference_cost,
                               .cost_weight = rollout.cost_weight,
                               .seconds = rollout.seconds,
                               .router_tokens = rollout.trajectory.router_tokens};
  auto reward = rl::reward_of(options, facts, quantiles);
  member.scored = reward.has_value();
  if (reward) member.reward = *reward;
  return member;
}

rl::MemberGroup members_of(const rl::RewardOptions& options, const rollout::Group& group, const rl::CostQuantiles& quantiles) {
  rl::MemberGroup members;
  for (const rollout::Rollout& rollout : group.rollouts) members.push_back(member_of(options, rollout, quantiles));
  return members;
}

rl::GroupFacts facts_of(const rollout::Group& group, const rl::MemberGroup& members, std::uint64_t handle) {
  rl::GroupFacts facts{.handle = handle, .drawn_at = group.drawn_at};
  std::optional<double> least, most;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i].scored) {
      ++facts.unscored;
      continue;
    }
    ++(group.rollouts[i].verdict == Verdict::right ? facts.right : facts.wrong);
    if (group.rollouts[i].cost_weight == 0) continue;  // cost counts for nothing: a spread of it teaches nothing
    const double cost = members[i].reward.cost_norm;
    least = least ? std::min(*least, cost) : cost;
    most = most ? std::max(*most, cost) : cost;
  }
  if (least) facts.cost_spread = *most - *least;
  return facts;
}

}  // namespace xrouter::trainer
