#include "xrouter/trainer/stages/rewards.hpp"

#include <algorithm>

namespace xrouter::trainer {
namespace {

using rollout::Verdict;

// The best members stand for right ones.
void tell_apart_by_score(rl::GroupFacts& facts, const rl::MemberGroup& members) {
  double best = 0;
  for (const rl::Member& member : members)
    if (member.scored) best = std::max(best, member.reward.score);
  const auto is_best = [&](const rl::Member& member) { return member.scored && member.reward.score == best; };
  const int scored = facts.right + facts.wrong;
  const int best_ones = static_cast<int>(std::count_if(members.begin(), members.end(), is_best));
  if (best_ones == scored) return;
  facts.right = best_ones;
  facts.wrong = scored - best_ones;
}

}  // namespace

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

Result<rl::Reward> reward_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles) {
  if (rollout.verdict == Verdict::unscored) return fail(ErrorKind::no_usable_answer, "no grader could judge the answer");
  const rl::EpisodeFacts facts{.success = rollout.score,
                               .cost = cost_of(rollout),
                               .reference_cost = rollout.reference_cost,
                               .cost_weight = rollout.cost_weight,
                               .seconds = rollout.seconds,
                               .router_tokens = rollout.trajectory.router_tokens};
  return rl::reward_of(options, facts, quantiles);
}

rl::Member member_of(const rl::RewardOptions& options, const rollout::Rollout& rollout, const rl::CostQuantiles& quantiles) {
  rl::Member member;
  member.choices = static_cast<int>(rollout.trajectory.sequence.choices.size());
  const auto reward = reward_of(options, rollout, quantiles);
  member.scored = reward.has_value();
  if (reward) member.reward = *reward;
  return member;
}

rl::MemberGroup members_of(const rl::RewardOptions& options, const rollout::Group& group, const rl::CostQuantiles& quantiles) {
  rl::MemberGroup members;
  for (const rollout::Rollout& rollout : group.rollouts) members.push_back(member_of(options, rollout, quantiles));
  return members;
}

rl::GroupFacts facts_of(const rollout::Group& group, const rl::MemberGroup& members, std::uint64_t handle, rl::Admission admission) {
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
  const bool alike = facts.right == 0 || facts.wrong == 0;
  if (alike && admission == rl::Admission::signal) tell_apart_by_score(facts, members);
  return facts;
}

}  // namespace xrouter::trainer
