#include "xrouter/store/booking.hpp"

namespace xrouter::store {
namespace {

std::string_view status_of(std::optional<ErrorKind> error) { return error ? label_of(*error) : std::string_view("ok"); }

std::optional<std::int64_t> pico(std::optional<Usd> amount) { return amount ? std::optional(amount->pico()) : std::nullopt; }

std::int64_t milliseconds(WallTime when) { return when.time_since_epoch().count(); }

Result<void> discard(Result<int> changes) {
  if (!changes) return fail(std::move(changes.error()));
  return {};
}

Result<void> book_attempt(Database& database, const CostLine& line, const RequestId& request) {
  const AttemptRecord& made = line.record;
  const std::optional<std::int64_t> first_token = made.first_token ? std::optional<std::int64_t>(made.first_token->count()) : std::nullopt;
  return discard(database.run(
      "INSERT INTO attempts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", request.value, to_text(line.spender),
      line.turn, line.call.value, line.attempt, made.model.value, status_of(made.error), made.http_status, to_text(made.usage_source),
      made.usage.prompt_tokens, made.usage.completion_tokens, made.usage.cached_tokens, made.usage.cache_write_tokens,
      made.usage.prompt_audio_tokens, made.usage.reasoning_tokens, made.usage.completion_audio_tokens, made.usage.accepted_prediction_tokens,
      made.usage.rejected_prediction_tokens, made.cost.known.pico(), made.cost.complete, made.cost.estimated, made.price_version, made.upstream_id,
      milliseconds(made.started), static_cast<std::int64_t>(made.latency.count()), first_token, made.deployment));
}

Result<void> book_attempts(Database& database, const RequestId& request, Spender spender, int turn, const CallId& call,
                           const std::vector<AttemptRecord>& attempts, int number) {
  for (const AttemptRecord& made : attempts) {
    const CostLine line{.spender = spender, .turn = turn, .call = call, .attempt = number++, .record = made};
    if (auto booked = book_attempt(database, line, request); !booked) return booked;
  }
  return {};
}

// Closes what is open: of one request, or (empty id) of all.
Result<void> book_lost(Database& database, const std::string& request) {
  // Journals of before schema 3 have no reservations of decisions: a billing policy may have been
  // deciding when no call was open, and what that cost is unknown.
  auto unknown = database.run(
      "UPDATE requests SET cost_complete = 0 WHERE status = 'running' AND (id = ?1 OR ?1 = '') AND policy_bills = 1 "
      "AND NOT EXISTS (SELECT 1 FROM calls WHERE request = requests.id AND status = 'open') "
      "AND NOT EXISTS (SELECT 1 FROM turns WHERE request = requests.id AND reserved_ms IS NOT NULL)", request);
  if (!unknown) return discard(std::move(unknown));
  auto decisions = database.run(
      "INSERT INTO attempts SELECT request, 'router', turn, '', 1, model, 'lost', 0, 'none', 0,0,0,0,0,0,0,0,0, "
      "coalesce(reserved_pico, 0), reserved_pico IS NOT NULL, 1, price_version, '', reserved_ms, 0, NULL, '' "
      "FROM turns WHERE status = 'open' AND (request = ?1 OR ?1 = '') ON CONFLICT DO NOTHING", request);
  if (!decisions) return discard(std::move(decisions));
  auto turns = database.run("UPDATE turns SET status = 'lost' WHERE status = 'open' AND (request = ?1 OR ?1 = '')", request);
  if (!turns) return discard(std::move(turns));
  auto lines = database.run(
      "INSERT INTO attempts SELECT request, 'target', turn, id, 1, model, 'lost', 0, 'none', 0,0,0,0,0,0,0,0,0, "
      "coalesce(reserved_pico, 0), reserved_pico IS NOT NULL, 1, price_version, '', reserved_ms, 0, NULL, '' "
      "FROM calls WHERE status = 'open' AND (request = ?1 OR ?1 = '') ON CONFLICT DO NOTHING", request);
  if (!lines) return discard(std::move(lines));
  auto calls = database.run("UPDATE calls SET status = 'lost' WHERE status = 'open' AND (request = ?1 OR ?1 = '')", request);
  if (!calls) return discard(std::move(calls));
  return discard(database.run(
      "UPDATE requests SET status = 'lost', "
      "cost_pico = (SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request = id), "
      "cost_complete = min(cost_complete, (SELECT coalesce(min(cost_complete), 1) FROM attempts WHERE request = id)), "
      "cost_estimated = (SELECT coalesce(max(cost_estimated), 0) FROM attempts WHERE request = id), "
      "router_cost_pico = (SELECT coalesce(sum(cost_pico), 0) FROM attempts WHERE request = id AND spender = 'router'), "
      "prompt_tokens = (SELECT coalesce(sum(prompt_tokens), 0) FROM attempts WHERE request = id), "
      "completion_tokens = (SELECT coalesce(sum(completion_tokens), 0) FROM attempts WHERE request = id), "
      "turns = (SELECT count(*) FROM turns WHERE request = id) "
      "WHERE status = 'running' AND (id = ?1 OR ?1 = '')", request));
}

Result<void> apply(Database& database, const PoolRecord& record) {
  for (const PoolRecord::Offer& offer : record.offers) {
    auto added = database.run("INSERT INTO pool_models VALUES(?,?,?,?,?,?) ON CONFLICT DO NOTHING", record.pool, offer.model.value, offer.tier,
                              pico(offer.input), pico(offer.output), offer.price_version);
    if (!added) return discard(std::move(added));
  }
  return {};
}

Result<void> apply(Database& database, const StartedRecord& record) {
  return discard(database.run(
      "INSERT INTO requests(id, started_ms, model, mode, policy, policy_bills, cost_weight, max_cost_pico, config_hash, api_key, stream, pool) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
      record.request.value, milliseconds(record.at), record.model, record.mode, record.policy, record.policy_bills, record.cost_weight,
      pico(record.max_cost), record.config_hash, record.api_key, record.stream, record.pool));
}

Result<void> apply(Database& database, const ReservedRecord& record) {
  return discard(database.run(
      "INSERT INTO calls(request, id, turn, model, reserved_ms, reserved_pico, price_version, status) VALUES(?,?,?,?,?,?,?,'open') ON CONFLICT DO NOTHING",
      record.request.value, record.call.value, record.turn, record.model.value, milliseconds(record.at), pico(record.amount), record.price_version));
}

Result<void> apply(Database& database, const TurnReservedRecord& record) {
  return discard(database.run(
      "INSERT INTO turns(request, turn, status, tool_calls, committed, latency_ns, model, reserved_ms, reserved_pico, price_version) "
      "VALUES(?,?,'open',0,0,0,?,?,?,?) ON CONFLICT DO NOTHING",
      record.request.value, record.turn, record.model.value, milliseconds(record.at), pico(record.amount), record.price_version));
}

Result<void> apply(Database& database, const TurnRecord& record) {
  if (record.first_attempt == 1) {
    auto decided = database.run(
        "INSERT INTO turns(request, turn, status, tool_calls, committed, confidence, latency_ns) VALUES(?,?,?,?,?,?,?) "
        "ON CONFLICT DO UPDATE SET status = excluded.status, tool_calls = excluded.tool_calls, committed = excluded.committed, "
        "confidence = excluded.confidence, latency_ns = excluded.latency_ns WHERE turns.status = 'open'",
        record.request.value, record.turn, status_of(record.error), record.tool_calls, record.committed, record.confidence,
        static_cast<std::int64_t>(record.latency.count()));
    if (!decided) return discard(std::move(decided));
  }
  return book_attempts(database, record.request, Spender::router, record.turn, CallId(), record.attempts, record.first_attempt);
}

Result<void> apply(Database& database, const SettledRecord& record) {
  if (record.first_attempt > 1) return book_attempts(database, record.request, Spender::target, record.turn, record.call, record.attempts, record.first_attempt);
  // The reservation may be missing (its line was damaged); a settlement stands for itself.
  auto settled = database.run(
      "INSERT INTO calls(request, id, turn, model, status, latency_ns) VALUES(?,?,?,?,?,?) "
      "ON CONFLICT DO UPDATE SET status = excluded.status, latency_ns = excluded.latency_ns WHERE calls.status = 'open'",
      record.request.value, record.call.value, record.turn, record.model.value, status_of(record.error), static_cast<std::int64_t>(record.latency.count()));
  if (!settled) return discard(std::move(settled));
  return book_attempts(database, record.request, Spender::target, record.turn, record.call, record.attempts, 1);
}

Result<void> apply(Database& database, const FinishedRecord& record) {
  return discard(database.run(
      "UPDATE requests SET status = ?2, finished_ms = ?3, source = ?4, stop = ?5, turns = ?6, answer_call = ?7, answer_model = ?8, cost_pico = ?9, "
      "cost_complete = ?10, cost_estimated = ?11, router_cost_pico = ?12, prompt_tokens = ?13, completion_tokens = ?14, latency_ns = ?15, "
      "overhead_ns = ?16 WHERE id = ?1 AND status = 'running'",
      record.request.value, status_of(record.error), milliseconds(record.at), record.source, record.stop, record.turns, record.answer_call.value,
      record.answer_model.value, record.cost.known.pico(), record.cost.complete, record.cost.estimated, record.router_cost.pico(),
      record.prompt_tokens, record.completion_tokens, static_cast<std::int64_t>(record.latency.count()),
      static_cast<std::int64_t>(record.overhead.count())));
}

Result<void> apply(Database& database, const AbandonedRecord& record) {
  if (record.request.empty()) return {};  // an empty id would mean all of them
  return book_lost(database, record.request.value);
}

}  // namespace

Result<void> book(Database& database, const Record& record) {
  return std::visit([&database](const auto& fact) { return apply(database, fact); }, record);
}

Result<void> book_all_lost(Database& database) { return book_lost(database, ""); }

}  // namespace xrouter::store
