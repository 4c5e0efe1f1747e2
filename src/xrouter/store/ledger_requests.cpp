// Single requests.
#include "xrouter/store/ledger_reader.hpp"

namespace xrouter::store {
namespace {

Cost cost_at(const Row& row, int column) {
  return {.known = Usd::from_pico(row.integer(column)), .complete = row.integer(column + 1) != 0, .estimated = row.integer(column + 2) != 0};
}

std::optional<Duration> duration_at(const Row& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(Duration(row.integer(column)));
}

std::optional<Usd> usd_at(const Row& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(Usd::from_pico(row.integer(column)));
}

// A request under way has no total yet: what its lines say so far.
constexpr std::string_view kRecent =
    "SELECT id, started_ms, model, policy, status, source, answer_model, max(turns, (SELECT count(*) FROM turns WHERE request = id)), "
    "(SELECT count(*) FROM calls WHERE request = requests.id), "
    "iif(status = 'running', (SELECT coalesce(sum(cost_pico),0) FROM attempts WHERE request = id), cost_pico), cost_complete, cost_estimated, latency_ns "
    "FROM requests WHERE started_ms >= ? ORDER BY started_ms DESC, id DESC LIMIT ?";
constexpr std::string_view kOne =
    "SELECT id, started_ms, model, policy, status, source, answer_model, max(turns, (SELECT count(*) FROM turns WHERE request = id)), "
    "(SELECT count(*) FROM calls WHERE request = requests.id), "
    "iif(status = 'running', (SELECT coalesce(sum(cost_pico),0) FROM attempts WHERE request = id), cost_pico), cost_complete, cost_estimated, latency_ns, "
    "mode, stop, answer_call, config_hash, cost_weight, max_cost_pico, overhead_ns FROM requests WHERE id = ?";

RequestRow request_at(const Row& row) {
  return {.id = RequestId(row.text(0)),
          .started = WallTime(std::chrono::milliseconds(row.integer(1))),
          .model = row.text(2),
          .policy = row.text(3),
          .status = row.text(4),
          .source = row.text(5),
          .answer_model = row.text(6),
          .turns = row.integer(7),
          .calls = row.integer(8),
          .cost = cost_at(row, 9),
          .latency = duration_at(row, 12)};
}

AttemptRow attempt_at(const Row& row) {
  return {.spender = row.text(0),
          .turn = row.integer(1),
          .call = row.text(2),
          .attempt = row.integer(3),
          .model = row.text(4),
          .status = row.text(5),
          .http_status = row.integer(6),
          .usage_source = row.text(7),
          .tokens = {.prompt = row.integer(8), .cached = row.integer(9), .completion = row.integer(10), .reasoning = row.integer(11)},
          .cost = cost_at(row, 12),
          .price_version = row.text(15),
          .upstream_id = row.text(16),
          .latency = Duration(row.integer(17)),
          .deployment = row.text(18)};
}

}  // namespace

Result<std::vector<RequestRow>> LedgerReader::recent(std::int64_t limit) {
  std::vector<RequestRow> rows;
  auto read = database_.each(kRecent, [&](const Row& row) { rows.push_back(request_at(row)); }, since_ms_, limit);
  if (!read) return fail(std::move(read.error()));
  return rows;
}

Result<std::string> LedgerReader::full_id(const std::string& beginning) {
  std::vector<std::string> ids;
  auto read = database_.each("SELECT id FROM requests WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 2",
                             [&](const Row& row) { ids.push_back(row.text(0)); }, beginning);
  if (!read) return fail(std::move(read.error()));
  if (ids.empty()) return fail(ErrorKind::config, "The ledger has no request " + beginning + ".");
  if (ids.size() > 1 && ids[0] != beginning) return fail(ErrorKind::config, "Several requests begin with " + beginning + "; give more of the id.");
  return ids[0];
}

Result<RequestDetail> LedgerReader::request(const std::string& beginning) {
  auto id = full_id(beginning);
  if (!id) return fail(std::move(id.error()));
  RequestDetail detail;
  auto one = database_.each(
      kOne,
      [&](const Row& row) {
        detail.request = request_at(row);
        detail.mode = row.text(13);
        detail.stop = row.text(14);
        detail.answer_call = row.text(15);
        detail.config_hash = row.text(16);
        detail.cost_weight = row.real(17);
        detail.max_cost = usd_at(row, 18);
        detail.overhead = duration_at(row, 19);
      },
      *id);
  if (!one) return fail(std::move(one.error()));
  auto turns = database_.each(
      "SELECT turn, status, tool_calls, confidence, latency_ns FROM turns WHERE request = ? ORDER BY turn",
      [&](const Row& row) { detail.turns.push_back({row.integer(0), row.text(1), row.integer(2), row.optional_real(3), Duration(row.integer(4))}); }, *id);
  if (!turns) return fail(std::move(turns.error()));
  auto calls = database_.each(
      "SELECT id, turn, model, status, reserved_pico FROM calls WHERE request = ? ORDER BY turn, length(id), id",
      [&](const Row& row) { detail.calls.push_back({row.text(0), row.integer(1), row.text(2), row.text(3), usd_at(row, 4)}); }, *id);
  if (!calls) return fail(std::move(calls.error()));
  auto attempts = database_.each(
      "SELECT spender, turn, call, attempt, model, status, http_status, usage_source, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, "
      "cost_pico, cost_complete, cost_estimated, price_version, upstream_id, latency_ns, deployment FROM attempts WHERE request = ? "
      "ORDER BY turn, spender, length(call), call, attempt",
      [&](const Row& row) { detail.attempts.push_back(attempt_at(row)); }, *id);
  if (!attempts) return fail(std::move(attempts.error()));
  return detail;
}

}  // namespace xrouter::store
