#include "xrouter/rollout/measure.hpp"

#include <algorithm>

#include "xrouter/engine/judgeable.hpp"

namespace xrouter::rollout {
namespace {

void measure_costs(Rollout& out, const Ledger& ledger, const CallId& answer_call) {
  const Cost router = ledger.total(Spender::router);
  const Cost target = ledger.total(Spender::target);
  out.router_cost = router.known;
  out.target_cost = target.known;
  out.cost_known = router.complete && target.complete;
  for (const CostLine& line : ledger.lines())
    if (line.spender == Spender::target && line.call != answer_call) out.wasted_cost += line.record.cost.known;
}

void measure_calls(Rollout& out, const Task& task, const Transcript& transcript) {
  for (const Turn& turn : transcript.turns) {
    for (const CallRecord& call : turn.calls) {
      // A selection that is followed is not executed either, but nobody refused it.
      if (call.status == CallStatus::refused && call.error) ++out.refused_calls;
      if (call.status == CallStatus::failed) ++out.failed_calls;
      if (call.status != CallStatus::refused && call.model) out.calls.push_back(task.original(call.model->id).value);
    }
  }
}

// What was tried counts, not what became of it: a call that was refused is the router's choice as well.
std::string first_action_of(const Task& task, const Outcome& outcome, const Transcript& transcript) {
  if (transcript.turns.empty()) return {};
  const Turn& first = transcript.turns.front();
  const bool answered = outcome.source == AnswerSource::direct || outcome.source == AnswerSource::synthesised;
  if (first.calls.empty()) return answered && transcript.turns.size() == 1 ? "answer" : "";
  if (first.calls.size() > 1) return "several";
  return first.calls.front().model ? task.original(first.calls.front().model->id).value : "";
}

bool was_cut_off(const Transcript& transcript) {
  return std::any_of(transcript.turns.begin(), transcript.turns.end(), [](const Turn& turn) { return turn.trace && !turn.trace->ended; });
}

bool is_of_last_turn(const CallId& call, const Transcript& transcript) {
  const std::vector<CallRecord>& calls = transcript.turns.back().calls;
  return std::any_of(calls.begin(), calls.end(), [&](const CallRecord& each) { return each.id == call; });
}

}  // namespace

Rollout measured(const Task& task, const Episode& episode, const Outcome& outcome, double seconds) {
  const Transcript& transcript = episode.transcript();
  Rollout out;
  out.sample = task.id;
  if (std::optional<Trajectory> trajectory = trajectory_of(transcript)) out.trajectory = std::move(*trajectory);
  measure_costs(out, episode.ledger(), outcome.answer_call);
  out.reference_cost = task.reference_cost;
  out.seconds = seconds;
  out.source = outcome.source;
  out.stop = outcome.stop;
  out.final_call = outcome.source == AnswerSource::selected && is_of_last_turn(outcome.answer_call, transcript);
  out.cut_off = was_cut_off(transcript);
  out.turns = outcome.turns_used;
  measure_calls(out, task, transcript);
  out.first_action = first_action_of(task, outcome, transcript);
  return out;
}

Verdict verdict_without_answer(const Error& error) { return is_judgeable(error) ? Verdict::wrong : Verdict::unscored; }

}  // namespace xrouter::rollout
