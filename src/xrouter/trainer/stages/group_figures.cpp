#include "xrouter/trainer/stages/group_figures.hpp"

#include <cmath>

namespace xrouter::trainer {
namespace {

using rollout::Behaviour;

constexpr double kThousand = 1000;

double ratio(const Behaviour& behaviour) { return behaviour.cost_with_reference.to_double() / behaviour.reference_cost.to_double(); }

void set_costs(const Behaviour& all, StepMetrics& metrics) {
  const double rollouts = static_cast<double>(all.rollouts);
  const auto per_1000 = [&](Usd sum) { return sum.to_double() / rollouts * kThousand; };
  if (all.reference_cost > Usd::zero()) metrics.set("cost/ratio", ratio(all));
  metrics.set("cost/total_usd_per_1000", per_1000(all.router_cost + all.target_cost))
      .set("cost/router_usd_per_1000", per_1000(all.router_cost))
      .set("cost/upstream_usd_per_1000", per_1000(all.target_cost))
      .set("cost/wasted_usd_per_1000", per_1000(all.wasted_cost));
}

void set_calls(const Behaviour& all, StepMetrics& metrics) {
  for (const auto& [model, share] : all.model_share) metrics.set("call_share/*", model, share);
  const double calls = all.calls > 0 ? all.calls : 1;
  metrics.set("calls/top_share", all.top_model_share)
      .set("calls/per_query", all.calls)
      .set("calls/turns_per_query", all.turns)
      .set("calls/any_share", all.called)
      .set("calls/refused_rate", all.refused_calls / calls)
      .set("calls/failed_rate", all.failed_calls / calls);
  metrics.set("answer/*", "direct", all.direct)
      .set("answer/*", "selected", all.selected)
      .set("answer/*", "synthesised", all.synthesised)
      .set("answer/*", "last_reply", all.last_reply)
      .set("answer/*", "none", all.none)
      .set("answer/final", all.final_call)
      .set("answer/cut_off", all.cut_off);
  metrics.set("policy/router_tokens", all.router_tokens);
}

void set_by_weight(const std::vector<rollout::Group>& groups, StepMetrics& metrics) {
  std::map<std::string, std::vector<const rollout::Rollout*>> by_range;
  for (const rollout::Group& group : groups)
    for (const rollout::Rollout& rollout : group.rollouts) by_range[cost_weight_range(rollout.cost_weight)].push_back(&rollout);
  for (const auto& [range, rollouts] : by_range) {
    const Behaviour behaviour = rollout::behaviour_of(rollouts);
    if (behaviour.scored > 0) metrics.set("success/cost_weight/*", range, behaviour.success);
    if (behaviour.reference_cost > Usd::zero()) metrics.set("cost/ratio/*", range, ratio(behaviour));
  }
}

}  // namespace

std::string cost_weight_range(double cost_weight) {
  if (cost_weight == 0) return "0";
  if (cost_weight < 0.5) return "below_0.5";
  return cost_weight <= 2 ? "0.5_to_2" : "above_2";
}

Behaviour set_group_figures(const Episodes& episodes, const std::vector<rollout::Group>& groups, StepMetrics& metrics) {
  const Behaviour all = rollout::behaviour_of(groups);
  if (all.rollouts == 0) return all;
  if (all.scored > 0) metrics.set("success/rate", all.success);
  const auto by_source = rollout::behaviour_by(groups, [&](std::size_t sample) { return episodes.source(SampleUse::train, sample); });
  for (const auto& [source, behaviour] : by_source)
    if (behaviour.scored > 0) metrics.set("success/source/*", source, behaviour.success);
  const auto by_stratum = rollout::behaviour_by(
      groups, [&](std::size_t sample) { return std::string(samples::to_text(episodes.sample(SampleUse::train, sample).stratum)); });
  for (const auto& [stratum, behaviour] : by_stratum)
    if (behaviour.scored > 0) metrics.set("success/stratum/*", stratum, behaviour.success);
  set_by_weight(groups, metrics);
  set_costs(all, metrics);
  set_calls(all, metrics);
  return all;
}

double set_reward_figures(const std::vector<rl::MemberGroup>& groups, StepMetrics& metrics) {
  rl::Reward sum;
  double count = 0;
  for (const rl::MemberGroup& group : groups)
    for (const rl::Member& member : group) {
      if (!member.scored) continue;
      ++count;
      sum.success += member.reward.success;
      sum.cost += member.reward.cost;
      sum.failure += member.reward.failure;
      sum.latency += member.reward.latency;
      sum.overlong += member.reward.overlong;
      sum.total += member.reward.total;
    }
  if (count == 0) return 0;
  metrics.set("reward/total", sum.total / count)
      .set("reward/success", sum.success / count)
      .set("reward/cost", sum.cost / count)
      .set("reward/failure", sum.failure / count)
      .set("reward/latency", sum.latency / count)
      .set("reward/overlong", sum.overlong / count);
  return sum.total / count;
}

void set_advantage_figures(const std::vector<std::vector<rl::Advantage>>& advantages, StepMetrics& metrics) {
  double success = 0, cost = 0, count = 0;
  for (const auto& group : advantages)
    for (const rl::Advantage& advantage : group) {
      ++count;
      success += std::abs(advantage.success);
      cost += std::abs(advantage.cost);
    }
  if (count > 0) metrics.set("advantage/success", success / count).set("advantage/cost", cost / count);
}

}  // namespace xrouter::trainer
