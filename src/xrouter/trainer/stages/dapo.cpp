#include "xrouter/trainer/stages/dapo.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "xrouter/trainer/shards.hpp"
#include "xrouter/trainer/stages/draws.hpp"
#include "xrouter/trainer/stages/group_figures.hpp"
#include "xrouter/trainer/stages/likelihood.hpp"
#include "xrouter/trainer/stages/policy_batch.hpp"
#include "xrouter/trainer/stages/rewards.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Group;

/// The groups that a step learns from, and what they are worth.
struct Chosen {
  std::vector<WaitingGroup> groups = {};
  std::vector<rl::MemberGroup> members = {};
  std::vector<std::vector<rl::Advantage>> advantages = {};
};

/// Of all processes.
rl::LossStatistics summed(const StageContext& context, const rl::LossStatistics& own, Result<void>& problem) {
  auto fields = own.to_array();
  problem = context.ranks.sum(std::span<double>(fields));
  rl::LossStatistics all = rl::LossStatistics::from_array(fields);
  const auto largest = max_of(context.ranks, own.ratio_max);
  if (!largest) problem = fail(largest.error());
  all.ratio_max = largest.value_or(0);
  return all;
}

class DapoStage final : public Stage {
 public:
  DapoStage(const StageContext& context, const StageConfig& config)
      : context_(context),
        config_(config),
        deck_(context.config.seed, config.name, context.episodes.size(SampleUse::train), !context.episodes.ordered()) {}

  std::int64_t steps() const override { return steps_of(config_, context_.episodes.size(SampleUse::train), context_.config.cost_weight.per_sample); }
  Result<StepEnd> step(TrainerState& state, StepMetrics& metrics) override;

 private:
  Result<std::vector<Group>> draw_until_full(TrainerState& state, rl::GroupBuffer& buffer);
  Result<void> draw(TrainerState& state, rl::GroupBuffer& buffer, std::vector<Group>& drawn);
  void offer(TrainerState& state, rl::GroupBuffer& buffer, const std::vector<Group>& groups);
  Chosen choose(TrainerState& state, rl::GroupBuffer& buffer);
  std::vector<BatchGroup> batch_groups(const Chosen& chosen, std::size_t begin, std::size_t end, std::int64_t now) const;
  Result<StepEnd> learn(const Chosen& chosen, TrainerState& state, PhaseClock& phases, StepMetrics& metrics);
  std::optional<Unscored> unscored_of(const std::vector<Group>& drawn, const TrainerState& state) const;
  void set_loss_figures(const rl::LossStatistics& all, double updates, StepMetrics& metrics) const;
  void set_selection_figures(const std::vector<Group>& drawn, const Chosen& chosen, const TrainerState& state, StepMetrics& metrics) const;

  const StageContext& context_;
  const StageConfig& config_;
  Deck deck_;
};

void DapoStage::offer(TrainerState& state, rl::GroupBuffer& buffer, const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    const auto members = members_of(context_.config.reward.options, group, state.quantiles);
    const rl::GroupFacts facts = facts_of(group, members, state.next_handle, context_.config.selection.options.admission);
    if (!buffer.offer(facts)) continue;
    ++state.next_handle;
    state.waiting.push_back({facts, group});
  }
}

Result<void> DapoStage::draw(TrainerState& state, rl::GroupBuffer& buffer, std::vector<Group>& drawn) {
  const auto items = draw_items(context_.config, config_, deck_, context_.episodes, config_.batch, context_.config.rollout.group_size, state);
  const auto now = static_cast<std::uint64_t>(state.step);
  const PlayOptions options{.temperature = context_.config.rollout.temperature, .drawn_at = now, .version = "step-" + std::to_string(now)};
  auto groups = play_on_all(context_, items, options);
  if (!groups) return fail(groups.error());
  count_costs(state, *groups);
  state.quantiles.advance(known_costs(*groups));
  offer(state, buffer, *groups);
  std::move(groups->begin(), groups->end(), std::back_inserter(drawn));
  return {};
}

Result<std::vector<Group>> DapoStage::draw_until_full(TrainerState& state, rl::GroupBuffer& buffer) {
  std::vector<Group> drawn;
  for (int i = 0; i < context_.config.selection.max_generations && !buffer.full(); ++i)
    if (auto more = draw(state, buffer, drawn); !more) return fail(more.error());
  return drawn;
}

/// Takes the step's groups out of those that wait, and rewards all of them alike.
Chosen DapoStage::choose(TrainerState& state, rl::GroupBuffer& buffer) {
  std::map<std::uint64_t, WaitingGroup> waiting;
  for (WaitingGroup& group : state.waiting) {
    const std::uint64_t handle = group.facts.handle;
    waiting.emplace(handle, std::move(group));
  }
  Chosen chosen;
  for (const std::uint64_t handle : buffer.take()) chosen.groups.push_back(std::move(waiting.extract(handle).mapped()));
  state.waiting.clear();
  for (const rl::GroupFacts& facts : buffer.entries()) state.waiting.push_back(std::move(waiting.extract(facts.handle).mapped()));
  for (const WaitingGroup& group : chosen.groups)
    chosen.members.push_back(members_of(context_.config.reward.options, group.group, state.quantiles));
  if (context_.config.running_cost_scale) state.cost_scale.advance(chosen.members);
  chosen.advantages =
      rl::advantages_of(context_.config.advantage, chosen.members, context_.config.running_cost_scale ? state.cost_scale.value() : 1);
  return chosen;
}

std::vector<BatchGroup> DapoStage::batch_groups(const Chosen& chosen, std::size_t begin, std::size_t end, std::int64_t now) const {
  std::vector<BatchGroup> groups;
  for (std::size_t g = begin; g < end; ++g) {
    BatchGroup group{.group = &chosen.groups[g].group, .advantages = chosen.advantages[g], .counts = {}};
    group.fresh = chosen.groups[g].facts.drawn_at == static_cast<std::uint64_t>(now);
    for (const rl::Member& member : chosen.members[g]) group.counts.push_back(member.scored && member.choices > 0);
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<StepEnd> DapoStage::learn(const Chosen& chosen, TrainerState& state, PhaseClock& phases, StepMetrics& metrics) {
  const TrainConfig& config = context_.config;
  const auto updates = std::min(static_cast<std::size_t>(config_.updates), chosen.groups.size());
  std::vector<PolicyBatch> batches;
  for (std::size_t u = 0; u < updates; ++u) {
    const std::size_t begin = chosen.groups.size() * u / updates;
    const std::size_t end = chosen.groups.size() * (u + 1) / updates;
    batches.emplace_back(config.loss, batch_groups(chosen, begin, end, state.step), static_cast<std::size_t>(config.model.pack_tokens));
  }
  std::erase_if(batches, [](const PolicyBatch& batch) { return batch.counts().tokens == 0; });
  if (batches.empty()) return StepEnd{.learned = false};
  for (PolicyBatch& batch : batches) {
    if (batches.size() > 1) batch.remember_old(context_.learner, context_.ranks);
    if (config.loss.kl_weight > 0) batch.remember_reference(context_.learner, context_.ranks);
  }
  phases.lap("score");
  const double rate = learning_rate_of(config_, steps(), state);
  std::vector<UpdateReport> reports;
  rl::LossStatistics own, fresh;
  StepEnd end;
  double choices = 0;
  for (std::size_t u = 0; u < batches.size(); ++u) {
    if (context_.activity) context_.activity("update", u, batches.size());
    const auto report = update(context_.learner, context_.ranks, batches[u].pieces(), step_options(config.optimizer, rate));
    if (!report) return fail(report.error());
    reports.push_back(*report);
    end.applied = end.applied && report->step.applied;
    own.add(batches[u].statistics());
    fresh.add(batches[u].fresh_statistics());
    choices += static_cast<double>(batches[u].counts().tokens);
  }
  const double seconds = phases.lap("update");
  Result<void> problem;
  const rl::LossStatistics all = summed(context_, own, problem);
  if (!problem) return fail(problem.error());
  const rl::LossStatistics of_now = summed(context_, fresh, problem);
  if (!problem) return fail(problem.error());
  metrics.set("policy/choices", choices);
  set_update_figures(reports, rate, seconds, metrics);
  set_loss_figures(all, static_cast<double>(batches.size()), metrics);
  metrics.set("policy/mismatch_kl", of_now.mean(of_now.mismatch_kl));
  end.signs = {.loss = all.loss, .grad_norm = reports.back().step.grad_norm, .entropy = all.mean(all.entropy), .mismatch_kl = of_now.mean(of_now.mismatch_kl)};
  return end;
}

void DapoStage::set_loss_figures(const rl::LossStatistics& all, double updates, StepMetrics& metrics) const {
  metrics.set("loss/total", all.loss / updates).set("loss/policy", all.policy_loss / updates);
  if (context_.config.loss.kl_weight > 0)
    metrics.set("loss/kl", all.kl_loss / context_.config.loss.kl_weight / updates).set("policy/kl", all.mean(all.reference_kl));
  metrics.set("policy/entropy", all.mean(all.entropy))
      .set("policy/clip_high", all.mean(all.clipped_high))
      .set("policy/clip_low", all.mean(all.clipped_low))
      .set("policy/clip_dual", all.mean(all.clipped_dual))
      .set("policy/ratio_mean", all.mean(all.ratio))
      .set("policy/ratio_max", all.ratio_max);
}

void DapoStage::set_selection_figures(const std::vector<Group>& drawn, const Chosen& chosen, const TrainerState& state, StepMetrics& metrics) const {
  double wrong = 0, right = 0, tied = 0, unscored = 0, untraced = 0;
  std::vector<rl::MemberGroup> all;
  for (const Group& group : drawn) {
    all.push_back(members_of(context_.config.reward.options, group, state.quantiles));
    const rl::GroupFacts facts = facts_of(group, all.back(), 0);
    wrong += facts.right == 0 && facts.wrong > 0;
    right += facts.wrong == 0 && facts.right > 0;
    const rl::SelectionOptions& rules = context_.config.selection.options;
    tied += rl::kind_of(facts_of(group, all.back(), 0, rules.admission), rules.cost_spread) == rl::GroupKind::tied;
    unscored += facts.unscored;
    for (const rollout::Rollout& rollout : group.rollouts) untraced += rollout.trajectory.sequence.tokens.empty();
  }
  double age = 0;
  for (const WaitingGroup& group : chosen.groups) age += static_cast<double>(state.step) - static_cast<double>(group.facts.drawn_at);
  const double groups = std::max<double>(1, static_cast<double>(drawn.size()));
  metrics.set("groups/drawn", static_cast<double>(drawn.size()))
      .set("groups/used", static_cast<double>(chosen.groups.size()))
      .set("groups/all_wrong", wrong / groups)
      .set("groups/all_right", right / groups)
      .set("groups/tied", tied / groups)
      .set("groups/buffered", static_cast<double>(state.waiting.size()))
      .set("groups/buffer_age", age / std::max<double>(1, static_cast<double>(chosen.groups.size())))
      .set("groups/unscored", unscored)
      .set("groups/untraced", untraced);
}

/// Empty when at least one group could be scored.
std::optional<Unscored> DapoStage::unscored_of(const std::vector<Group>& drawn, const TrainerState& state) const {
  const rl::RewardOptions& reward = context_.config.reward.options;
  double rollouts = 0, unscored = 0;
  std::optional<Error> why;
  for (const Group& group : drawn) {
    std::size_t scored = 0;
    for (const rollout::Rollout& rollout : group.rollouts) {
      const auto worth = reward_of(reward, rollout, state.quantiles);
      ++rollouts;
      if (worth && ++scored > 1) return std::nullopt;
      if (worth) continue;
      ++unscored;
      if (!why) why = worth.error();
    }
  }
  if (!why) return std::nullopt;
  return Unscored{.share = unscored / rollouts, .why = *why};
}

Result<StepEnd> DapoStage::step(TrainerState& state, StepMetrics& metrics) {
  PhaseClock phases(context_, metrics);
  rl::GroupBuffer buffer(context_.config.selection.options);
  std::vector<rl::GroupFacts> entries;
  for (const WaitingGroup& group : state.waiting) entries.push_back(group.facts);
  buffer.restore(std::move(entries));
  for (const std::uint64_t handle : buffer.expire(static_cast<std::uint64_t>(state.step)))
    std::erase_if(state.waiting, [&](const WaitingGroup& group) { return group.facts.handle == handle; });

  auto drawn = draw_until_full(state, buffer);
  if (!drawn) return fail(drawn.error());
  const double seconds = phases.lap("rollout");
  // Of what the policy does now: the groups that it learns from were chosen, so their reward would look better or worse.
  std::vector<rl::MemberGroup> members;
  for (const Group& group : *drawn) members.push_back(members_of(context_.config.reward.options, group, state.quantiles));
  const double reward = set_reward_figures(members, metrics);
  const rollout::Behaviour behaviour = set_group_figures(context_.episodes, *drawn, metrics);
  if (seconds > 0) metrics.set("speed/rollouts_per_second", static_cast<double>(behaviour.rollouts) / seconds);
  if (seconds > 0)
    metrics.set("speed/rollout_tokens_per_second", static_cast<double>(behaviour.rollouts) * (behaviour.prompt_tokens + behaviour.router_tokens) / seconds);

  const Chosen chosen = choose(state, buffer);
  set_advantage_figures(chosen.advantages, metrics);
  set_selection_figures(*drawn, chosen, state, metrics);
  auto end = learn(chosen, state, phases, metrics);
  if (!end) return fail(end.error());
  end->watched = !drawn->empty() && end->learned;
  if (!end->learned) end->unscored = unscored_of(*drawn, state);
  end->signs.reward = reward;
  end->signs.top_model_share = behaviour.top_model_share;
  end->signs.call_share = behaviour.called;
  end->signs.router_tokens = behaviour.router_tokens;
  return end;
}

}  // namespace

std::unique_ptr<Stage> make_dapo_stage(const StageContext& context, const StageConfig& config) {
  return std::make_unique<DapoStage>(context, config);
}

}  // namespace xrouter::trainer
