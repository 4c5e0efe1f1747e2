#include "xrouter/eval/run/sample.hpp"

#include <algorithm>

#include "xrouter/base/rng.hpp"
#include "xrouter/engine/judgeable.hpp"
#include "xrouter/eval/hex.hpp"

namespace xrouter::eval {
namespace {

CallSample call_of(const CallRecord& record, int turn, const Ledger& ledger) {
  CallSample out{.model = record.model ? record.model->id.value : "", .turn = turn, .status = record.status};
  if (record.error) out.error = label_of(*record.error);
  out.cost = record.cost;
  out.latency = record.latency;
  if (record.model) out.price = record.model->price.version();
  for (const CostLine& line : ledger.lines()) {
    if (line.spender != Spender::target || line.call != record.id) continue;
    out.attempts += 1;
    out.in_tokens += line.record.usage.prompt_tokens;
    out.out_tokens += line.record.usage.completion_tokens;
    out.cached_tokens += line.record.usage.cached_tokens;
  }
  return out;
}

const CallRecord* answering_call(const Transcript& transcript, const CallId& id) {
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& call : turn.calls)
      if (call.id == id && call.model) return &call;
  return nullptr;
}

std::optional<bool> label_of_answer(const Question& question, const ModelSpec& model) {
  const std::string& name = model.upstream_model.empty() ? model.id.value : model.upstream_model;
  const auto it = std::find(question.recorded_models.begin(), question.recorded_models.end(), name);
  if (model.upstream != kRecordedUpstream || it == question.recorded_models.end()) return std::nullopt;
  return question.recorded_labels[static_cast<std::size_t>(it - question.recorded_models.begin())];
}

}  // namespace

std::string sample_key(const SampleId& id) {
  std::uint64_t hash = fnv1a64("sample");
  const std::string numbers = std::to_string(id.rollout) + " " + std::to_string(id.prompt_hash);
  for (const std::string& part : {id.task, id.qid, numbers, id.system, id.system_fingerprint, id.settings, id.grader, id.run})
    hash = fnv1a64(part, fnv1a64("\x1f", hash));
  return hex16(hash);
}

SampleRecord sample_of(const Question& question, const std::string& task, const System& system, int rollout, const Episode& episode,
                       const Outcome& outcome, Duration latency) {
  SampleRecord out;
  out.task = task;
  out.system = system.id;
  out.qid = question.qid;
  out.rollout = rollout;
  out.source = outcome.source;
  out.stop = outcome.stop;
  if (outcome.error) out.error = label_of(outcome.error->kind);
  const Transcript& transcript = episode.transcript();
  if (const CallRecord* call = outcome.answer_call.empty() ? nullptr : answering_call(transcript, outcome.answer_call)) {
    out.answer_model = call->model->id.value;
    out.recorded_label = label_of_answer(question, *call->model);
  }
  out.truncated =
      outcome.answer && !outcome.answer->choices.empty() && outcome.answer->choices.front().finish_reason == FinishReason::length;
  out.turns = outcome.turns_used;
  int number = 0;
  for (const Turn& turn : transcript.turns) {
    ++number;
    if (!out.confidence) out.confidence = turn.confidence;
    for (const CallRecord& call : turn.calls)
      if (call.model || call.status != CallStatus::refused) out.calls.push_back(call_of(call, number, episode.ledger()));
  }
  out.cost = episode.ledger().total();
  out.router_cost = episode.ledger().total(Spender::router);
  for (const CostLine& line : episode.ledger().lines())
    if (line.spender == Spender::router) out.router_tokens += line.record.usage.total_tokens();
  out.latency = latency;
  return out;
}

grade::GradeStatus status_without_answer(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return grade::GradeStatus::cancelled;
  if (error.kind == ErrorKind::question_not_recorded) return grade::GradeStatus::unsupported;
  return is_judgeable(error) ? grade::GradeStatus::no_answer : grade::GradeStatus::infrastructure_error;
}

bool is_retryable(grade::GradeStatus status) {
  return status == grade::GradeStatus::infrastructure_error || status == grade::GradeStatus::cancelled;
}

}  // namespace xrouter::eval
