#include "xrouter/rollout/behaviour.hpp"

#include <algorithm>
#include <vector>

namespace xrouter::rollout {
namespace {

double share(std::size_t part, std::size_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }
double share(double part, std::size_t whole) { return whole == 0 ? 0 : part / static_cast<double>(whole); }

/// Counts, before they become shares.
struct Counts {
  Behaviour sums;
  std::size_t right = 0, with_calls = 0, several_turns = 0, several_calls = 0, cut_off = 0, with_trajectory = 0, calls = 0;
  double score = 0, turns = 0, refused = 0, failed = 0, router_tokens = 0, prompt_tokens = 0;
  std::size_t direct = 0, selected = 0, final_call = 0, synthesised = 0, last_reply = 0, none = 0;
  std::map<std::string, std::size_t> by_model;

  void add(const Rollout& rollout);
  void add_answer(const Rollout& rollout);
  Behaviour result() const;
};

void Counts::add_answer(const Rollout& rollout) {
  switch (rollout.source) {
    case AnswerSource::direct:
      ++direct;
      break;
    case AnswerSource::selected:
      ++(rollout.final_call ? final_call : selected);
      break;
    case AnswerSource::synthesised:
      ++synthesised;
      break;
    case AnswerSource::last_reply:
      ++last_reply;
      break;
    case AnswerSource::none:
      ++none;
      break;
  }
}

void Counts::add(const Rollout& rollout) {
  ++sums.rollouts;
  if (rollout.verdict != Verdict::unscored) {
    ++sums.scored;
    score += rollout.score;
    right += rollout.verdict == Verdict::right ? 1 : 0;
  }
  sums.router_cost += rollout.router_cost;
  sums.target_cost += rollout.target_cost;
  sums.wasted_cost += rollout.wasted_cost;
  if (rollout.reference_cost) {
    sums.reference_cost += *rollout.reference_cost;
    sums.cost_with_reference += rollout.router_cost + rollout.target_cost;
  }
  add_answer(rollout);
  calls += rollout.calls.size();
  turns += rollout.turns;
  with_calls += rollout.calls.empty() ? 0 : 1;
  several_turns += rollout.turns > 1 ? 1 : 0;
  several_calls += rollout.first_action == "several" ? 1 : 0;
  refused += rollout.refused_calls;
  failed += rollout.failed_calls;
  cut_off += rollout.cut_off ? 1 : 0;
  for (const std::string& model : rollout.calls) ++by_model[model];
  if (rollout.trajectory.sequence.tokens.empty()) return;
  ++with_trajectory;
  router_tokens += rollout.trajectory.router_tokens;
  prompt_tokens += rollout.trajectory.prompt_tokens;
}

Behaviour Counts::result() const {
  Behaviour out = sums;
  const std::size_t all = sums.rollouts;
  out.success = share(right, sums.scored);
  out.score = share(score, sums.scored);
  out.direct = share(direct, all);
  out.selected = share(selected, all);
  out.final_call = share(final_call, all);
  out.synthesised = share(synthesised, all);
  out.last_reply = share(last_reply, all);
  out.none = share(none, all);
  out.calls = share(calls, all);
  out.turns = share(turns, all);
  out.called = share(with_calls, all);
  out.several_turns = share(several_turns, all);
  out.several_calls = share(several_calls, all);
  out.refused_calls = share(refused, all);
  out.failed_calls = share(failed, all);
  out.cut_off = share(cut_off, all);
  out.without_trajectory = share(all - with_trajectory, all);
  out.router_tokens = share(router_tokens, with_trajectory);
  out.prompt_tokens = share(prompt_tokens, with_trajectory);
  for (const auto& [model, count] : by_model) {
    const double part = share(count, calls);
    out.model_share.emplace(model, part);
    out.top_model_share = std::max(out.top_model_share, part);
  }
  return out;
}

}  // namespace

Behaviour behaviour_of(std::span<const Rollout* const> rollouts) {
  Counts counts;
  for (const Rollout* rollout : rollouts) counts.add(*rollout);
  return counts.result();
}

Behaviour behaviour_of(std::span<const Group> groups) {
  Counts counts;
  for (const Group& group : groups)
    for (const Rollout& rollout : group.rollouts) counts.add(rollout);
  return counts.result();
}

std::map<std::string, Behaviour> behaviour_by(std::span<const Group> groups, const LabelOf& label_of) {
  std::map<std::string, Counts> counts;
  for (const Group& group : groups) {
    Counts& of_label = counts[label_of(group.sample)];
    for (const Rollout& rollout : group.rollouts) of_label.add(rollout);
  }
  std::map<std::string, Behaviour> out;
  for (const auto& [label, each] : counts) out.emplace(label, each.result());
  return out;
}

}  // namespace xrouter::rollout
