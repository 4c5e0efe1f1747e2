#include "xrouter/service/metadata.hpp"

#include "xrouter/json/writer.hpp"
#include "xrouter/service/run.hpp"

namespace xrouter::service {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void write_cost(json::Writer& out, const std::string& name, const Cost& cost) {
  const std::optional<Usd> total = cost.total();
  out.key(name);
  total ? out.decimal(total->to_decimal()) : out.null();
  out.key(name + "_pico");
  total ? out.value(std::to_string(total->pico())) : out.null();
  if (!total) out.key(name + "_lower_bound").decimal(cost.known.to_decimal());
}

void write_usage(json::Writer& out, const Usage& usage) {
  out.begin_object();
  out.field("prompt_tokens", usage.prompt_tokens).field("completion_tokens", usage.completion_tokens);
  out.field("total_tokens", usage.total_tokens());
  out.field("cached_tokens", usage.cached_tokens).field("reasoning_tokens", usage.reasoning_tokens);
  out.end_object();
}

struct CallTotals {
  Usage usage;
  int attempts = 0;
};

CallTotals totals_of(const Ledger& ledger, const CallId& call) {
  CallTotals totals;
  for (const CostLine& line : ledger.lines()) {
    if (line.spender != Spender::target || line.call != call) continue;
    totals.usage += line.record.usage;
    ++totals.attempts;
  }
  return totals;
}

void write_call(json::Writer& out, const Episode& episode, const CallRecord& record, int turn, bool is_answer) {
  const CallTotals totals = totals_of(episode.ledger(), record.id);
  out.begin_object();
  out.field("call_id", record.id.value).field("turn", turn);
  out.key("model");
  record.model ? out.value(record.model->id.value) : out.null();
  out.field("status", to_text(record.status));
  if (record.error) out.field("error", label_of(*record.error));
  out.field("selected", is_answer).field("attempts", totals.attempts);
  write_cost(out, "cost", record.cost);
  out.field("latency", seconds(record.latency));
  out.field("prompt_tokens", totals.usage.prompt_tokens).field("completion_tokens", totals.usage.completion_tokens);
  out.end_object();
}

std::optional<double> confidence_of(const Transcript& transcript) {
  for (auto turn = transcript.turns.rbegin(); turn != transcript.turns.rend(); ++turn)
    if (turn->confidence) return turn->confidence;
  return std::nullopt;
}

}  // namespace

RawJson render_metadata(const Episode& episode, const Outcome& outcome, std::string_view strategy, Duration total_time) {
  const Ledger& ledger = episode.ledger();
  json::Writer out;
  out.begin_object();
  const ModelId model = model_of_answer(episode, outcome);
  out.key("model_used");
  model.empty() ? out.null() : out.value(model.value);
  const Cost total = ledger.total();
  write_cost(out, "total_cost", total);
  write_cost(out, "router_cost", ledger.total(Spender::router));
  write_cost(out, "target_models_cost", ledger.total(Spender::target));
  if (!total.complete) out.key("cost_lower_bound").decimal(total.known.to_decimal());
  out.field("cost_estimated", total.estimated);
  out.field("total_time", seconds(total_time)).field("routing_strategy", strategy);
  out.key("call_history").begin_array();
  int number = 0;
  for (const Turn& turn : episode.transcript().turns) {
    ++number;
    for (const CallRecord& record : turn.calls)
      if (record.asked.name != kSelectTool) write_call(out, episode, record, number, !outcome.answer_call.empty() && record.id == outcome.answer_call);
  }
  out.end_array();
  out.field("turns_used", outcome.turns_used);
  const std::optional<double> confidence = confidence_of(episode.transcript());
  out.key("confidence");
  confidence ? out.value(*confidence) : out.null();
  out.field("answer_source", xrouter::to_text(outcome.source)).field("stop_reason", xrouter::to_text(outcome.stop));
  out.key("answer_usage");
  outcome.answer && outcome.answer->usage ? write_usage(out, *outcome.answer->usage) : static_cast<void>(out.null());
  out.end_object();
  return {out.take()};
}

}  // namespace xrouter::service
