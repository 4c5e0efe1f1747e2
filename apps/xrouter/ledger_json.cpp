// The ledger for programs.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "ledger_report.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::app {
namespace {

using namespace store;
using json::Writer;

double milliseconds(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

void write_usd(Writer& out, std::string_view name, const std::optional<Usd>& amount) {
  out.key(name);
  if (amount)
    out.value(amount->to_decimal());
  else
    out.null();
}

void write_cost(Writer& out, const Cost& cost) {
  write_usd(out, "cost_usd", cost.total());
  if (!cost.complete) write_usd(out, "known_usd", cost.known);
  out.field("estimated", cost.estimated);
}

void write_time(Writer& out, std::string_view name, const std::optional<Duration>& span) {
  out.key(name);
  if (span)
    out.value(milliseconds(*span));
  else
    out.null();
}

void write_text(Writer& out, std::string_view name, const std::string& text) { out.field(name, std::string_view(text)); }

void write_tokens(Writer& out, const Tokens& tokens) {
  out.field("prompt_tokens", tokens.prompt).field("cached_tokens", tokens.cached);
  out.field("completion_tokens", tokens.completion).field("reasoning_tokens", tokens.reasoning);
}

template <class Rows, class WriteRow>
void write_list(Writer& out, std::string_view name, const Rows& rows, WriteRow write_row) {
  out.key(name).begin_array();
  for (const auto& row : rows) {
    out.begin_object();
    write_row(row);
    out.end_object();
  }
  out.end_array();
}

void write_spend(Writer& out, std::string_view name, const std::vector<SpendRow>& rows) {
  write_list(out, name, rows, [&](const SpendRow& row) {
    write_text(out, "name", row.name);
    out.field("attempts", row.attempts).field("failed", row.failed);
    write_tokens(out, row.tokens);
    write_time(out, "mean_latency_ms", row.mean_latency);
    write_cost(out, row.cost);
  });
}

void write_shares(Writer& out, std::string_view name, const std::vector<Share>& shares) {
  write_list(out, name, shares, [&](const Share& share) {
    write_text(out, "name", share.name);
    out.field("requests", share.requests);
  });
}

void write_failures(Writer& out, const std::vector<FailureRow>& failures) {
  write_list(out, "failures", failures, [&](const FailureRow& row) {
    write_text(out, "level", row.level);
    write_text(out, "kind", row.kind);
    out.field("count", row.count);
    if (row.cost) write_cost(out, *row.cost);
  });
}

void write_percentiles(Writer& out, std::string_view name, const Percentiles& values) {
  out.key(name).begin_object().field("count", values.count);
  const bool any = values.count > 0;
  write_time(out, "p50_ms", any ? std::optional(values.p50) : std::nullopt);
  write_time(out, "p90_ms", any ? std::optional(values.p90) : std::nullopt);
  write_time(out, "p99_ms", any ? std::optional(values.p99) : std::nullopt);
  out.end_object();
}

void write_request(Writer& out, const RequestRow& row) {
  write_text(out, "id", row.id.value);
  write_text(out, "started", iso_time(row.started));
  write_text(out, "model", row.model);
  write_text(out, "policy", row.policy);
  write_text(out, "status", row.status);
  write_text(out, "source", row.source);
  write_text(out, "answer_model", row.answer_model);
  out.field("turns", row.turns).field("calls", row.calls);
  write_time(out, "latency_ms", row.latency);
  write_cost(out, row.cost);
}

void write_findings(Writer& out, std::string_view name, const std::vector<Finding>& findings) {
  write_list(out, name, findings, [&](const Finding& finding) {
    write_text(out, "what", finding.what);
    out.field("count", finding.count);
    if (!finding.example.empty()) write_text(out, "example", finding.example);
  });
}

void write_savings(Writer& out, const Savings& savings) {
  out.key("savings").begin_object().field("estimate", true);
  write_text(out, "reference", savings.reference);
  write_usd(out, "saved_usd", savings.saved());
  write_usd(out, "spent_usd", savings.spent);
  write_usd(out, "reference_usd", savings.reference_cost);
  out.field("compared", savings.compared).field("not_compared", savings.not_compared);
  out.field("exact", savings.exact).field("by_own_mean", savings.by_own_mean).field("by_same_length", savings.by_same_length).end_object();
}

void print(Writer& out) { fmt::print("{}\n", out.take()); }

}  // namespace

std::string iso_time(WallTime when) {
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)), (when - second).count());
}

void print_json(const LedgerSummary& summary) {
  const Totals& totals = summary.totals;
  Writer out;
  out.begin_object();
  write_text(out, "path", summary.path);
  out.key("totals").begin_object().field("requests", totals.requests).field("ok", totals.ok).field("failed", totals.failed);
  out.field("lost", totals.lost).field("running", totals.running).field("turns", totals.turns).field("calls", totals.calls).field("attempts", totals.attempts);
  write_tokens(out, totals.tokens);
  write_cost(out, totals.cost);
  write_usd(out, "router_known_usd", totals.router);
  out.end_object();
  write_savings(out, summary.savings);
  write_spend(out, "days", summary.days);
  write_spend(out, "models", summary.models);
  write_spend(out, "spenders", summary.spenders);
  out.key("routes").begin_object();
  write_shares(out, "sources", summary.routes.sources);
  write_shares(out, "answer_models", summary.routes.models);
  write_shares(out, "calls", summary.routes.calls);
  out.end_object().key("latency").begin_object();
  write_percentiles(out, "request", summary.latencies.request);
  write_percentiles(out, "overhead", summary.latencies.overhead);
  write_percentiles(out, "first_token", summary.latencies.first_token);
  out.end_object();
  write_failures(out, summary.failures);
  out.end_object();
  print(out);
}

void print_json(const std::vector<RequestRow>& requests) {
  Writer out;
  out.begin_object();
  write_list(out, "requests", requests, [&](const RequestRow& row) { write_request(out, row); });
  out.end_object();
  print(out);
}

void print_json(const RequestDetail& detail) {
  Writer out;
  out.begin_object();
  write_request(out, detail.request);
  write_text(out, "mode", detail.mode);
  write_text(out, "stop", detail.stop);
  write_text(out, "answer_call", detail.answer_call);
  write_text(out, "config_hash", detail.config_hash);
  out.field("cost_weight", detail.cost_weight);
  write_usd(out, "max_cost_usd", detail.max_cost);
  write_time(out, "overhead_ms", detail.overhead);
  write_list(out, "turn_list", detail.turns, [&](const TurnRow& row) {
    out.field("turn", row.turn);
    write_text(out, "status", row.status);
    out.field("tool_calls", row.tool_calls).optional_field("confidence", row.confidence);
    write_time(out, "latency_ms", row.latency);
  });
  write_list(out, "call_list", detail.calls, [&](const CallRow& row) {
    write_text(out, "id", row.id);
    out.field("turn", row.turn);
    write_text(out, "model", row.model);
    write_text(out, "status", row.status);
    write_usd(out, "reserved_usd", row.reserved);
  });
  write_list(out, "attempt_list", detail.attempts, [&](const AttemptRow& row) {
    write_text(out, "spender", row.spender);
    out.field("turn", row.turn);
    write_text(out, "call", row.call);
    out.field("attempt", row.attempt);
    write_text(out, "model", row.model);
    write_text(out, "deployment", row.deployment);
    write_text(out, "status", row.status);
    out.field("http_status", row.http_status);
    write_text(out, "usage_source", row.usage_source);
    write_tokens(out, row.tokens);
    write_text(out, "price_version", row.price_version);
    write_text(out, "upstream_id", row.upstream_id);
    write_time(out, "latency_ms", row.latency);
    write_cost(out, row.cost);
  });
  out.end_object();
  print(out);
}

void print_json(const std::vector<SpendRow>& models) {
  Writer out;
  out.begin_object();
  write_spend(out, "models", models);
  out.end_object();
  print(out);
}

void print_json(const std::vector<FailureRow>& failures) {
  Writer out;
  out.begin_object();
  write_failures(out, failures);
  out.end_object();
  print(out);
}

void print_json(const VerifyReport& report) {
  Writer out;
  out.begin_object().field("sound", report.sound()).field("requests", report.requests).field("lines", report.lines);
  write_usd(out, "lines_usd", report.lines_total);
  write_usd(out, "requests_usd", report.requests_total);
  write_findings(out, "faults", report.faults);
  write_findings(out, "notes", report.notes);
  out.field("journal_bytes", static_cast<std::int64_t>(report.journal_bytes)).end_object();
  print(out);
}

}  // namespace xrouter::app
