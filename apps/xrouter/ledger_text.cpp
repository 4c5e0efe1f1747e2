// The ledger for people.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "ledger_report.hpp"
#include "text_table.hpp"

namespace xrouter::app {
namespace {

using namespace store;

constexpr std::size_t kDaysShown = 14;

std::string money(const Cost& cost) { return fmt::format("{}{}{}", cost.complete ? "" : ">=", cost.known.to_decimal(), cost.estimated ? "~" : ""); }
std::string money(const std::optional<Usd>& amount) { return amount ? amount->to_decimal() : "unknown"; }
double milliseconds(Duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

std::string span(Duration duration) {
  const double ms = milliseconds(duration);
  if (ms >= 10'000) return fmt::format("{:.1f} s", ms / 1000);
  return fmt::format("{:.{}f} ms", ms, ms < 10 ? 3 : 0);
}

std::string span(const std::optional<Duration>& duration) { return duration ? span(*duration) : "-"; }
std::string number(std::int64_t value) { return std::to_string(value); }
std::string minute(WallTime when) { return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(when))); }
std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string percent(std::int64_t part, std::int64_t whole) { return whole == 0 ? "-" : fmt::format("{:.1f}%", 100.0 * static_cast<double>(part) / static_cast<double>(whole)); }

TextTable spend_table(const std::string& heading, const std::vector<SpendRow>& rows, std::size_t last) {
  TextTable table{heading, ">ATTEMPTS", ">FAILED", ">PROMPT", ">CACHED", ">OUTPUT", ">MEAN TIME", ">USD"};
  const std::size_t first = rows.size() > last ? rows.size() - last : 0;
  for (std::size_t i = first; i < rows.size(); ++i) {
    const SpendRow& row = rows[i];
    table.add({row.name, number(row.attempts), number(row.failed), number(row.tokens.prompt), number(row.tokens.cached), number(row.tokens.completion),
               span(row.mean_latency), money(row.cost)});
  }
  return table;
}

void print_savings(const Savings& savings) {
  if (savings.compared == 0) {
    fmt::print("Saved      nothing to compare: no answered request with a known cost and a known reference price\n");
    return;
  }
  fmt::print("Saved      {} USD of {} ({}) against {} for every request; an estimate\n", savings.saved().to_decimal(), savings.reference_cost.to_decimal(),
             percent(savings.saved().pico(), savings.reference_cost.pico()), savings.reference == "several" ? "the dearest offered model" : savings.reference);
  fmt::print("           over {} requests that cost {}: {} exact, {} by its own mean length, {} by the answer's length; {} not compared\n", savings.compared,
             savings.spent.to_decimal(), savings.exact, savings.by_own_mean, savings.by_same_length, savings.not_compared);
}

void print_shares(const std::string& title, const std::vector<Share>& shares, const std::string& unnamed) {
  std::int64_t all = 0;
  for (const Share& share : shares) all += share.requests;
  std::string line;
  for (const Share& share : shares)
    line += fmt::format("{}{} {} ({})", line.empty() ? "" : ", ", share.name.empty() ? unnamed : share.name, share.requests, percent(share.requests, all));
  fmt::print("{:<11}{}\n", title, or_dash(line));
}

void print_latencies(const Latencies& latencies) {
  TextTable table{"LATENCY", ">COUNT", ">P50", ">P90", ">P99"};
  const std::pair<const char*, const Percentiles*> rows[] = {
      {"request", &latencies.request}, {"overhead", &latencies.overhead}, {"first token", &latencies.first_token}};
  for (const auto& [name, values] : rows)
    if (values->count > 0) table.add({name, number(values->count), span(values->p50), span(values->p90), span(values->p99)});
  if (!table.empty()) table.print();
}

void legend() { fmt::print("\n  USD is exact. ~ holds an estimated part; >= holds a part whose price or tokens are unknown.\n"); }

}  // namespace

void print_text(const LedgerSummary& summary) {
  const Totals& totals = summary.totals;
  fmt::print("Ledger     {}\n", summary.path);
  fmt::print("Requests   {}: {} answered, {} failed, {} lost, {} under way\n", totals.requests, totals.ok, totals.failed, totals.lost, totals.running);
  fmt::print("Work       {} turns, {} calls, {} attempts; {} prompt and {} output tokens\n", totals.turns, totals.calls, totals.attempts, totals.tokens.prompt,
             totals.tokens.completion);
  fmt::print("Spent      {} USD, of it {} for deciding\n", money(totals.cost), totals.router.to_decimal());
  print_savings(summary.savings);
  print_shares("Routes", summary.routes.sources, "none");
  print_shares("Answers", summary.routes.models, "the policy");
  print_shares("Calls", summary.routes.calls, "0");
  if (!summary.days.empty()) {
    fmt::print("\n");
    spend_table("DAY (UTC)", summary.days, kDaysShown).print();
    if (summary.days.size() > kDaysShown) fmt::print("  ({} earlier days not shown; --json has all)\n", summary.days.size() - kDaysShown);
    fmt::print("\n");
    spend_table("MODEL", summary.models, summary.models.size()).print();
    fmt::print("\n");
    spend_table("SPENDER", summary.spenders, summary.spenders.size()).print();
  }
  fmt::print("\n");
  print_latencies(summary.latencies);
  if (!summary.failures.empty()) {
    fmt::print("\n");
    print_text(summary.failures);
  }
  legend();
}

void print_text(const std::vector<RequestRow>& requests) {
  TextTable table{"STARTED (UTC)", "ID", "MODEL", "STATUS", "ROUTE", "ANSWER BY", ">TURNS", ">CALLS", ">TIME", ">USD"};
  for (const RequestRow& row : requests)
    table.add({minute(row.started), row.id.value, row.model, row.status, or_dash(row.source), or_dash(row.answer_model), number(row.turns), number(row.calls),
               span(row.latency), money(row.cost)});
  if (table.empty()) fmt::print("No requests.\n");
  if (!table.empty()) table.print(0);
}

void print_text(const RequestDetail& detail) {
  const RequestRow& request = detail.request;
  fmt::print("Request    {}\nStarted    {} UTC\nModel      {}, mode {}, policy {}, cost weight {}\n", request.id.value, minute(request.started), request.model,
             detail.mode, request.policy, detail.cost_weight);
  fmt::print("Status     {}{}\n", request.status, detail.stop.empty() ? "" : ", stopped because: " + detail.stop);
  fmt::print("Answer     {}{}{}\n", or_dash(request.source), request.answer_model.empty() ? "" : " from " + request.answer_model,
             detail.answer_call.empty() ? "" : " (" + detail.answer_call + ")");
  fmt::print("Cost       {} USD{}\n", money(request.cost), detail.max_cost ? " of at most " + detail.max_cost->to_decimal() : "");
  fmt::print("Time       {}, of it our own {}\nConfig     {}\n\n", span(request.latency), span(detail.overhead), or_dash(detail.config_hash));
  TextTable turns{">TURN", "STATUS", ">TOOL CALLS", ">CONFIDENCE", ">TIME"};
  for (const TurnRow& row : detail.turns)
    turns.add({number(row.turn), row.status, number(row.tool_calls), row.confidence ? fmt::format("{:.3f}", *row.confidence) : "-", span(row.latency)});
  if (!turns.empty()) turns.print();
  TextTable calls{">TURN", "CALL", "MODEL", "STATUS", ">RESERVED USD"};
  for (const CallRow& row : detail.calls) calls.add({number(row.turn), row.id, row.model, row.status, money(row.reserved)});
  if (!calls.empty()) fmt::print("\n");
  if (!calls.empty()) calls.print();
  TextTable lines{">TURN", "CALL", ">TRY", "MODEL", "AT", "STATUS", ">HTTP", ">PROMPT", ">OUTPUT", "USAGE", ">TIME", ">USD", "PRICE", "UPSTREAM ID"};
  for (const AttemptRow& row : detail.attempts)
    lines.add({number(row.turn), row.call.empty() ? row.spender : row.call, number(row.attempt), row.model, or_dash(row.deployment), row.status,
               row.http_status == 0 ? "-" : number(row.http_status), number(row.tokens.prompt), number(row.tokens.completion), row.usage_source, span(row.latency),
               money(row.cost), row.price_version, or_dash(row.upstream_id)});
  if (!lines.empty()) fmt::print("\n");
  if (!lines.empty()) lines.print();
  legend();
}

void print_text(const std::vector<SpendRow>& models) {
  if (models.empty()) fmt::print("No attempts.\n");
  if (!models.empty()) spend_table("MODEL", models, models.size()).print(0);
}

void print_text(const std::vector<FailureRow>& failures) {
  TextTable table{"FAILED", "KIND", ">COUNT", ">USD"};
  for (const FailureRow& row : failures) table.add({row.level, row.kind, number(row.count), row.cost ? money(*row.cost) : "-"});
  if (table.empty()) fmt::print("No failures.\n");
  if (!table.empty()) table.print();
}

void print_text(const VerifyReport& report) {
  fmt::print("{} requests, {} lines\n", report.requests, report.lines);
  fmt::print("sum over lines     {} USD\nsum over requests  {} USD\n", report.lines_total.to_decimal(), report.requests_total.to_decimal());
  for (const Finding& finding : report.faults)
    fmt::print("FAULT  {} {}{}\n", finding.count, finding.what, finding.example.empty() ? "" : ", such as " + finding.example);
  for (const Finding& finding : report.notes)
    fmt::print("note   {} {}{}\n", finding.count, finding.what, finding.example.empty() ? "" : ", such as " + finding.example);
  if (report.journal_bytes > 0)
    fmt::print("note   {} bytes lie in the journal and are booked within moments by a running server, or at its next start\n", report.journal_bytes);
  fmt::print("{}\n", report.sound() ? "The ledger is sound." : "The ledger has faults.");
}

}  // namespace xrouter::app
