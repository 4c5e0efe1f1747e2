#include "xrouter/store/records.hpp"

#include "xrouter/json/writer.hpp"
#include "xrouter/store/record_text.hpp"

namespace xrouter::store {
namespace {

using json::Writer;

void write_optional(Writer& out, std::string_view name, std::optional<Usd> amount) {
  if (amount) out.field(name, amount->pico());
}

void write_status(Writer& out, std::optional<ErrorKind> error) { out.field("status", error ? label_of(*error) : std::string_view("ok")); }

// Zero is the default of every count and is left out: most buckets are zero most of the time.
void write_count(Writer& out, std::string_view name, std::int64_t count) {
  if (count != 0) out.field(name, count);
}

void write_cost(Writer& out, const Cost& cost) {
  out.field("cost_pico", cost.known.pico()).field("cost_complete", cost.complete).field("cost_estimated", cost.estimated);
}

void write_usage(Writer& out, const Usage& usage) {
  write_count(out, "prompt", usage.prompt_tokens);
  write_count(out, "completion", usage.completion_tokens);
  write_count(out, "cached", usage.cached_tokens);
  write_count(out, "cache_write", usage.cache_write_tokens);
  write_count(out, "prompt_audio", usage.prompt_audio_tokens);
  write_count(out, "reasoning", usage.reasoning_tokens);
  write_count(out, "completion_audio", usage.completion_audio_tokens);
  write_count(out, "accepted_prediction", usage.accepted_prediction_tokens);
  write_count(out, "rejected_prediction", usage.rejected_prediction_tokens);
}

void write_attempts(Writer& out, const std::vector<AttemptRecord>& attempts, int first_attempt) {
  if (first_attempt > 1) out.field("first_attempt", first_attempt);
  out.key("attempts").begin_array();
  for (const AttemptRecord& attempt : attempts) {
    out.begin_object().field("model", clean_text(attempt.model.value));
    write_status(out, attempt.error);
    write_count(out, "http", attempt.http_status);
    write_usage(out, attempt.usage);
    out.field("usage_source", to_text(attempt.usage_source));
    write_cost(out, attempt.cost);
    out.field("price", clean_text(attempt.price_version)).field("upstream_id", clean_text(attempt.upstream_id));
    out.field("started", attempt.started.time_since_epoch().count()).field("latency", attempt.latency.count());
    if (attempt.first_token) out.field("first_token", attempt.first_token->count());
    if (!attempt.deployment.empty()) out.field("deployment", clean_text(attempt.deployment));
    out.end_object();
  }
  out.end_array();
}

void write_head(Writer& out, std::string_view kind, const RequestId& request) {
  out.field("kind", kind).field("request", clean_text(request.value));
}

void write(Writer& out, const PoolRecord& record) {
  out.field("kind", "pool").field("pool", clean_text(record.pool)).key("offers").begin_array();
  for (const PoolRecord::Offer& offer : record.offers) {
    out.begin_object().field("model", clean_text(offer.model.value)).field("tier", clean_text(offer.tier));
    write_optional(out, "input", offer.input);
    write_optional(out, "output", offer.output);
    out.field("price", clean_text(offer.price_version)).end_object();
  }
  out.end_array();
}

void write(Writer& out, const StartedRecord& record) {
  write_head(out, "started", record.request);
  out.field("at", record.at.time_since_epoch().count()).field("model", clean_text(record.model)).field("mode", clean_text(record.mode));
  out.field("policy", clean_text(record.policy)).field("policy_bills", record.policy_bills).field("cost_weight", record.cost_weight);
  write_optional(out, "max_cost", record.max_cost);
  out.field("config", clean_text(record.config_hash)).field("api_key", clean_text(record.api_key)).field("stream", record.stream);
  out.field("pool", clean_text(record.pool));
}

void write(Writer& out, const ReservedRecord& record) {
  write_head(out, "reserved", record.request);
  out.field("call", clean_text(record.call.value)).field("turn", record.turn).field("model", clean_text(record.model.value));
  out.field("at", record.at.time_since_epoch().count());
  write_optional(out, "amount", record.amount);
  out.field("price", clean_text(record.price_version));
}

void write(Writer& out, const TurnReservedRecord& record) {
  write_head(out, "turn_reserved", record.request);
  out.field("turn", record.turn).field("model", clean_text(record.model.value)).field("at", record.at.time_since_epoch().count());
  write_optional(out, "amount", record.amount);
  out.field("price", clean_text(record.price_version));
}

void write(Writer& out, const TurnRecord& record) {
  write_head(out, "turn", record.request);
  out.field("turn", record.turn);
  write_status(out, record.error);
  out.field("tool_calls", record.tool_calls).field("committed", record.committed).optional_field("confidence", record.confidence);
  out.field("latency", record.latency.count());
  write_attempts(out, record.attempts, record.first_attempt);
}

void write(Writer& out, const SettledRecord& record) {
  write_head(out, "settled", record.request);
  out.field("call", clean_text(record.call.value)).field("turn", record.turn).field("model", clean_text(record.model.value));
  write_status(out, record.error);
  out.field("latency", record.latency.count());
  write_attempts(out, record.attempts, record.first_attempt);
}

void write(Writer& out, const FinishedRecord& record) {
  write_head(out, "finished", record.request);
  out.field("at", record.at.time_since_epoch().count()).field("source", clean_text(record.source)).field("stop", clean_text(record.stop));
  write_status(out, record.error);
  out.field("turns", record.turns).field("answer_call", clean_text(record.answer_call.value)).field("answer_model", clean_text(record.answer_model.value));
  write_cost(out, record.cost);
  out.field("router_cost", record.router_cost.pico());
  write_count(out, "prompt", record.prompt_tokens);
  write_count(out, "completion", record.completion_tokens);
  out.field("latency", record.latency.count()).field("overhead", record.overhead.count());
}

void write(Writer& out, const AbandonedRecord& record) { write_head(out, "abandoned", record.request); }

}  // namespace

std::string to_json(const Record& record) {
  Writer out;
  out.begin_object();
  std::visit([&out](const auto& fact) { write(out, fact); }, record);
  out.end_object();
  return out.take();
}

}  // namespace xrouter::store
