// Questions to a ledger. Reads while a server writes; never changes anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/ids.hpp"
#include "xrouter/base/usd.hpp"
#include "xrouter/store/database.hpp"

namespace xrouter::store {

struct Tokens {
  std::int64_t prompt = 0;
  std::int64_t cached = 0;       ///< part of prompt
  std::int64_t completion = 0;
  std::int64_t reasoning = 0;    ///< part of completion
};

struct Totals {
  std::int64_t requests = 0;
  std::int64_t ok = 0;
  std::int64_t failed = 0;
  std::int64_t lost = 0;         ///< their process died
  std::int64_t running = 0;
  std::int64_t turns = 0;
  std::int64_t calls = 0;
  std::int64_t attempts = 0;
  Cost cost;                     ///< the sum over all lines, failures and router turns included
  Usd router = Usd::zero();      ///< known part of it that the policy spent
  Tokens tokens;
};

enum class SpendBy { day, model, route };

struct SpendRow {
  std::string name;              ///< UTC day; model; "router" or "target"
  std::int64_t attempts = 0;
  std::int64_t failed = 0;
  Tokens tokens;
  Cost cost;
  Duration mean_latency = {};
};

struct FailureRow {
  std::string level;             ///< request, turn, call, attempt
  std::string kind;              ///< label of the error, or lost
  std::int64_t count = 0;
  std::optional<Cost> cost = {}; ///< of failed attempts
};

struct Percentiles {
  std::int64_t count = 0;
  Duration p50 = {};
  Duration p90 = {};
  Duration p99 = {};
};
struct Latencies {
  Percentiles request;      ///< from start to finish
  Percentiles overhead;     ///< less the waiting for upstreams
  Percentiles first_token;  ///< of streamed attempts
};

struct Share {
  std::string name;
  std::int64_t requests = 0;
};
struct Routes {
  std::vector<Share> sources;  ///< direct, selected, synthesised, last_reply, none
  std::vector<Share> models;   ///< whose reply was the answer; empty name: the policy's own text
  std::vector<Share> calls;    ///< "0", "1", ...: requests with that many calls
};

struct RequestRow {
  RequestId id;
  WallTime started;
  std::string model;
  std::string policy;
  std::string status;
  std::string source;
  std::string answer_model;
  std::int64_t turns = 0;
  std::int64_t calls = 0;
  Cost cost;
  std::optional<Duration> latency = {};
};

struct TurnRow {
  std::int64_t turn = 0;
  std::string status;
  std::int64_t tool_calls = 0;
  std::optional<double> confidence = {};
  Duration latency = {};
};
struct CallRow {
  std::string id;
  std::int64_t turn = 0;
  std::string model;
  std::string status;
  std::optional<Usd> reserved = {};
};
struct AttemptRow {
  std::string spender;
  std::int64_t turn = 0;
  std::string call;
  std::int64_t attempt = 0;
  std::string model;
  std::string status;
  std::int64_t http_status = 0;
  std::string usage_source;
  Tokens tokens;
  Cost cost;
  std::string price_version;
  std::string upstream_id;
  Duration latency = {};
  std::string deployment;  ///< empty in lines of ledgers from before schema 2
};
struct RequestDetail {
  RequestRow request;
  std::string mode;
  std::string stop;
  std::string answer_call;
  std::string config_hash;
  double cost_weight = 0;
  std::optional<Usd> max_cost = {};
  std::optional<Duration> overhead = {};
  std::vector<TurnRow> turns;
  std::vector<CallRow> calls;
  std::vector<AttemptRow> attempts;
};

/// One moment of the ledger: all answers of a reader belong together. Not thread-safe. Every sum is
/// exact; one that leaves int64 (9.2 million USD) is an error. Errors: io.
class LedgerReader {
 public:
  /// Errors: config (no such file, not a ledger, another schema), io.
  static Result<LedgerReader> open(const std::string& path);

  /// Only what started at `since` or later.
  void only_since(WallTime since) { since_ms_ = since.time_since_epoch().count(); }

  Result<Totals> totals();
  Result<std::vector<SpendRow>> spend(SpendBy by);
  Result<std::vector<FailureRow>> failures();
  Result<Latencies> latencies();
  Result<Routes> routes();
  /// The newest first.
  Result<std::vector<RequestRow>> recent(std::int64_t limit);
  /// By its id, or by the beginning of it when only one request begins so. Errors: config (none,
  /// or several).
  Result<RequestDetail> request(const std::string& id);

  Database& database() { return database_; }
  std::int64_t since_ms() const { return since_ms_; }
  const std::string& path() const { return path_; }

 private:
  LedgerReader(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}
  Result<Percentiles> percentiles(std::string_view count_sql, std::string_view nth_sql);
  Result<std::string> full_id(const std::string& beginning);

  std::string path_;
  Database database_;
  std::int64_t since_ms_ = 0;
};

}  // namespace xrouter::store
