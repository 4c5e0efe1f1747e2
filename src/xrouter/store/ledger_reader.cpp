#include "xrouter/store/ledger_reader.hpp"

#include <algorithm>

#include "xrouter/store/schema.hpp"

namespace xrouter::store {
namespace {

Cost cost_at(const Row& row, int column) {
  return {.known = Usd::from_pico(row.integer(column)), .complete = row.integer(column + 1) != 0, .estimated = row.integer(column + 2) != 0};
}

Tokens tokens_at(const Row& row, int column) {
  return {.prompt = row.integer(column), .cached = row.integer(column + 1), .completion = row.integer(column + 2), .reasoning = row.integer(column + 3)};
}

// The columns that cost_at and tokens_at read. sum() of integers is exact and fails on overflow.
#define XROUTER_SUMS \
  "coalesce(sum(cost_pico),0), coalesce(min(cost_complete),1), coalesce(max(cost_estimated),0), " \
  "coalesce(sum(prompt_tokens),0), coalesce(sum(cached_tokens),0), coalesce(sum(completion_tokens),0), coalesce(sum(reasoning_tokens),0)"
#define XROUTER_SPEND(name)                                                                                                        \
  "SELECT " name ", count(*), coalesce(sum(status <> 'ok'),0), cast(coalesce(avg(latency_ns),0) AS INTEGER), " XROUTER_SUMS \
  " FROM attempts WHERE started_ms >= ? GROUP BY 1 "

std::string_view spend_sql(SpendBy by) {
  switch (by) {
    case SpendBy::day: return XROUTER_SPEND("date(started_ms / 1000, 'unixepoch')") "ORDER BY 1";
    case SpendBy::model: return XROUTER_SPEND("model") "ORDER BY sum(cost_pico) DESC, 1";
    case SpendBy::route: return XROUTER_SPEND("spender") "ORDER BY 1";
  }
  return {};
}

Result<std::vector<Share>> shares(Database& database, std::string_view sql, std::int64_t since_ms) {
  std::vector<Share> all;
  auto read = database.each(sql, [&](const Row& row) { all.push_back({.name = row.text(0), .requests = row.integer(1)}); }, since_ms);
  if (!read) return fail(std::move(read.error()));
  return all;
}

}  // namespace

Result<LedgerReader> LedgerReader::open(const std::string& path) {
  auto database = Database::open(path, Database::Access::read_only);
  if (!database) return fail(std::move(database.error()));
  if (auto known = check_schema(*database); !known) return fail(std::move(known.error()));
  if (auto begun = database->execute("BEGIN"); !begun) return fail(std::move(begun.error()));
  return LedgerReader(path, std::move(*database));
}

Result<Totals> LedgerReader::totals() {
  Totals totals;
  auto requests = database_.each(
      "SELECT count(*), coalesce(sum(status = 'ok'),0), coalesce(sum(status = 'lost'),0), coalesce(sum(status = 'running'),0), coalesce(sum(turns),0) "
      "FROM requests WHERE started_ms >= ?",
      [&](const Row& row) {
        totals.requests = row.integer(0);
        totals.ok = row.integer(1);
        totals.lost = row.integer(2);
        totals.running = row.integer(3);
        totals.turns = row.integer(4);
        totals.failed = totals.requests - totals.ok - totals.lost - totals.running;
      },
      since_ms_);
  if (!requests) return fail(std::move(requests.error()));
  auto calls = database_.integer("SELECT count(*) FROM calls JOIN requests ON requests.id = request WHERE started_ms >= ?", since_ms_);
  if (!calls) return fail(std::move(calls.error()));
  totals.calls = *calls;
  auto lines = database_.each(
      "SELECT " XROUTER_SUMS ", count(*), coalesce(sum(cost_pico) FILTER (WHERE spender = 'router'),0) FROM attempts WHERE started_ms >= ?",
      [&](const Row& row) {
        totals.cost = cost_at(row, 0);
        totals.tokens = tokens_at(row, 3);
        totals.attempts = row.integer(7);
        totals.router = Usd::from_pico(row.integer(8));
      },
      since_ms_);
  if (!lines) return fail(std::move(lines.error()));
  return totals;
}

Result<std::vector<SpendRow>> LedgerReader::spend(SpendBy by) {
  std::vector<SpendRow> rows;
  auto read = database_.each(
      spend_sql(by),
      [&](const Row& row) {
        rows.push_back({.name = row.text(0),
                        .attempts = row.integer(1),
                        .failed = row.integer(2),
                        .tokens = tokens_at(row, 7),
                        .cost = cost_at(row, 4),
                        .mean_latency = Duration(row.integer(3))});
      },
      since_ms_);
  if (!read) return fail(std::move(read.error()));
  return rows;
}

Result<std::vector<FailureRow>> LedgerReader::failures() {
  std::vector<FailureRow> rows;
  auto read = database_.each(
      "SELECT 'request' AS level, status, count(*) AS n, NULL, 1, 0 FROM requests WHERE status NOT IN ('ok','running') AND started_ms >= ?1 GROUP BY 2 "
      "UNION ALL SELECT 'turn', t.status, count(*), NULL, 1, 0 FROM turns t JOIN requests r ON r.id = t.request "
      "WHERE t.status NOT IN ('ok','open') AND r.started_ms >= ?1 GROUP BY 2 "
      "UNION ALL SELECT 'call', c.status, count(*), NULL, 1, 0 FROM calls c JOIN requests r ON r.id = c.request "
      "WHERE c.status NOT IN ('ok','open') AND r.started_ms >= ?1 GROUP BY 2 "
      "UNION ALL SELECT 'attempt', status, count(*), sum(cost_pico), min(cost_complete), max(cost_estimated) FROM attempts "
      "WHERE status <> 'ok' AND started_ms >= ?1 GROUP BY 2 ORDER BY level DESC, n DESC, 2",
      [&](const Row& row) {
        FailureRow failure{.level = row.text(0), .kind = row.text(1), .count = row.integer(2)};
        if (!row.is_null(3)) failure.cost = cost_at(row, 3);
        rows.push_back(std::move(failure));
      },
      since_ms_);
  if (!read) return fail(std::move(read.error()));
  return rows;
}

// Nearest rank: the smallest value that at least p percent of the values do not exceed.
Result<Percentiles> LedgerReader::percentiles(std::string_view count_sql, std::string_view nth_sql) {
  auto count = database_.integer(count_sql, since_ms_);
  if (!count) return fail(std::move(count.error()));
  Percentiles result{.count = *count};
  if (*count == 0) return result;
  const std::pair<int, Duration*> wanted[] = {{50, &result.p50}, {90, &result.p90}, {99, &result.p99}};
  for (const auto& [percent, target] : wanted) {
    const std::int64_t rank = (*count * percent + 99) / 100;
    auto value = database_.integer(nth_sql, since_ms_, rank - 1);
    if (!value) return fail(std::move(value.error()));
    *target = Duration(*value);
  }
  return result;
}

Result<Latencies> LedgerReader::latencies() {
#define XROUTER_PERCENTILES(column, table)                                                       \
  percentiles("SELECT count(*) FROM " table " WHERE started_ms >= ? AND " column " IS NOT NULL", \
              "SELECT " column " FROM " table " WHERE started_ms >= ? AND " column " IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET ?")
  auto request = XROUTER_PERCENTILES("latency_ns", "requests");
  if (!request) return fail(std::move(request.error()));
  auto overhead = XROUTER_PERCENTILES("overhead_ns", "requests");
  if (!overhead) return fail(std::move(overhead.error()));
  auto first_token = XROUTER_PERCENTILES("first_token_ns", "attempts");
  if (!first_token) return fail(std::move(first_token.error()));
#undef XROUTER_PERCENTILES
  return Latencies{.request = *request, .overhead = *overhead, .first_token = *first_token};
}

Result<Routes> LedgerReader::routes() {
  auto sources = shares(database_, "SELECT source, count(*) FROM requests WHERE finished_ms IS NOT NULL AND started_ms >= ? GROUP BY 1 ORDER BY 2 DESC, 1", since_ms_);
  if (!sources) return fail(std::move(sources.error()));
  auto models = shares(database_, "SELECT answer_model, count(*) FROM requests WHERE status = 'ok' AND started_ms >= ? GROUP BY 1 ORDER BY 2 DESC, 1", since_ms_);
  if (!models) return fail(std::move(models.error()));
  auto calls = shares(database_,
                      "SELECT n, count(*) FROM (SELECT (SELECT count(*) FROM calls WHERE request = requests.id) AS n FROM requests "
                      "WHERE status <> 'running' AND started_ms >= ?) GROUP BY 1 ORDER BY 1", since_ms_);
  if (!calls) return fail(std::move(calls.error()));
  return Routes{.sources = std::move(*sources), .models = std::move(*models), .calls = std::move(*calls)};
}

#undef XROUTER_SPEND
#undef XROUTER_SUMS

}  // namespace xrouter::store
