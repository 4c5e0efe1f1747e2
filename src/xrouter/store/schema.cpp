#include "xrouter/store/schema.hpp"

#include <array>

namespace xrouter::store {
namespace {

// PRAGMA application_id of our files: "xRtr".
constexpr std::int64_t kApplicationId = 0x78527472;

// Version 1. Money is in pico-dollars, durations in nanoseconds, times in milliseconds of the Unix
// epoch, booleans are 0 or 1. `cost_pico` is the known part: the whole when cost_complete = 1.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE requests(
  id TEXT NOT NULL PRIMARY KEY,
  started_ms INTEGER NOT NULL,
  model TEXT NOT NULL,              -- the public name that was asked for
  mode TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_bills INTEGER NOT NULL,    -- deciding can cost money
  cost_weight REAL NOT NULL,
  max_cost_pico INTEGER,
  config_hash TEXT NOT NULL,
  api_key TEXT NOT NULL,            -- prefix of the key's hash, or empty
  stream INTEGER NOT NULL,
  pool TEXT NOT NULL,               -- pool_models.pool: what was offered, at which prices
  status TEXT NOT NULL DEFAULT 'running',  -- running, ok, lost, or the label of an error
  finished_ms INTEGER,
  source TEXT NOT NULL DEFAULT '',
  stop TEXT NOT NULL DEFAULT '',
  turns INTEGER NOT NULL DEFAULT 0,
  answer_call TEXT NOT NULL DEFAULT '',
  answer_model TEXT NOT NULL DEFAULT '',
  cost_pico INTEGER NOT NULL DEFAULT 0,
  cost_complete INTEGER NOT NULL DEFAULT 1,
  cost_estimated INTEGER NOT NULL DEFAULT 0,
  router_cost_pico INTEGER NOT NULL DEFAULT 0,
  prompt_tokens INTEGER NOT NULL DEFAULT 0,
  completion_tokens INTEGER NOT NULL DEFAULT 0,
  latency_ns INTEGER,
  overhead_ns INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests(started_ms);
CREATE INDEX requests_running ON requests(id) WHERE status = 'running';

CREATE TABLE turns(
  request TEXT NOT NULL, turn INTEGER NOT NULL,
  status TEXT NOT NULL,             -- open, ok, lost, or the label of the policy's error
  tool_calls INTEGER NOT NULL, committed INTEGER NOT NULL,
  confidence REAL, latency_ns INTEGER NOT NULL,
  PRIMARY KEY(request, turn)
) STRICT, WITHOUT ROWID;

CREATE TABLE calls(
  request TEXT NOT NULL, id TEXT NOT NULL, turn INTEGER NOT NULL, model TEXT NOT NULL,
  reserved_ms INTEGER, reserved_pico INTEGER, price_version TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,             -- open, ok, lost, or the label of an error
  latency_ns INTEGER,
  PRIMARY KEY(request, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_open ON calls(request) WHERE status = 'open';

CREATE TABLE attempts(
  request TEXT NOT NULL,
  spender TEXT NOT NULL,            -- router, target
  turn INTEGER NOT NULL,
  call TEXT NOT NULL,               -- empty for the router's turns
  attempt INTEGER NOT NULL,
  model TEXT NOT NULL,
  status TEXT NOT NULL,             -- ok, lost, or the label of an error
  http_status INTEGER NOT NULL,
  usage_source TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL, prompt_audio_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL, completion_audio_tokens INTEGER NOT NULL,
  accepted_prediction_tokens INTEGER NOT NULL, rejected_prediction_tokens INTEGER NOT NULL,
  cost_pico INTEGER NOT NULL, cost_complete INTEGER NOT NULL, cost_estimated INTEGER NOT NULL,
  price_version TEXT NOT NULL, upstream_id TEXT NOT NULL,
  started_ms INTEGER NOT NULL, latency_ns INTEGER NOT NULL, first_token_ns INTEGER,
  PRIMARY KEY(request, spender, turn, call, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts(started_ms);

CREATE TABLE pool_models(
  pool TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL,
  input_pico INTEGER, output_pico INTEGER,  -- per token; null = unknown
  price_version TEXT NOT NULL,
  PRIMARY KEY(pool, model)
) STRICT, WITHOUT ROWID;

-- How far the journal has been read. Changes in the same transaction as what was read.
CREATE TABLE journal_position(only INTEGER PRIMARY KEY CHECK(only = 1), segment INTEGER NOT NULL, offset INTEGER NOT NULL) STRICT;
INSERT INTO journal_position VALUES(1, 0, 0);
-- Lines that could not be booked.
CREATE TABLE journal_damage(
  segment INTEGER NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL,
  kind TEXT NOT NULL,               -- torn, damaged, unreadable, refused
  seen_ms INTEGER NOT NULL,
  PRIMARY KEY(segment, offset)
) STRICT, WITHOUT ROWID;
)sql";

// Version 2: a model may run at several upstreams, an upstream may have several keys.
constexpr const char* kVersion2 = "ALTER TABLE attempts ADD COLUMN deployment TEXT NOT NULL DEFAULT '';";  // upstream, or upstream#key

// Version 3: decisions that cost money are reserved like calls, and are `open` until they are settled.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE turns ADD COLUMN model TEXT NOT NULL DEFAULT '';  -- the router's, when it was reserved
ALTER TABLE turns ADD COLUMN reserved_ms INTEGER;             -- null: free, or from before version 3
ALTER TABLE turns ADD COLUMN reserved_pico INTEGER;
ALTER TABLE turns ADD COLUMN price_version TEXT NOT NULL DEFAULT '';
CREATE INDEX turns_open ON turns(request) WHERE status = 'open';
)sql";

constexpr std::array<const char*, kSchemaVersion> kMigrations{kVersion1, kVersion2, kVersion3};

struct Identity {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
  bool blank() const { return application == 0 && version == 0 && tables == 0; }
};

Result<Identity> identify(Database& database) {
  auto application = database.integer("PRAGMA application_id");
  if (!application) return fail(std::move(application.error()));
  auto version = database.integer("PRAGMA user_version");
  if (!version) return fail(std::move(version.error()));
  auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return fail(std::move(tables.error()));
  const Identity identity{.application = *application, .version = *version, .tables = *tables};
  if (!identity.blank() && identity.application != kApplicationId) return fail(ErrorKind::config, "The file is not a ledger of xrouter.");
  if (identity.version > kSchemaVersion)
    return fail(ErrorKind::config, "The ledger was written by a newer xrouter (schema " + std::to_string(identity.version) + ", this program knows " +
                                       std::to_string(kSchemaVersion) + ").");
  return identity;
}

}  // namespace

Result<void> migrate(Database& database) {
  auto identity = identify(database);
  if (!identity) return fail(std::move(identity.error()));
  for (auto version = static_cast<std::size_t>(identity->version); version < kMigrations.size(); ++version) {
    const std::string step = std::string("BEGIN IMMEDIATE;") + kMigrations[version] + "PRAGMA application_id = " + std::to_string(kApplicationId) +
                             "; PRAGMA user_version = " + std::to_string(version + 1) + "; COMMIT;";
    if (auto done = database.execute(step); !done) {
      (void)database.execute("ROLLBACK");  // fails when nothing had begun; the first error counts
      return done;
    }
  }
  return {};
}

Result<void> check_schema(Database& database) {
  auto identity = identify(database);
  if (!identity) return fail(std::move(identity.error()));
  if (identity->blank()) return fail(ErrorKind::config, "The file is empty, not a ledger of xrouter.");
  if (identity->version < kSchemaVersion)
    return fail(ErrorKind::config, "The ledger has an older schema (" + std::to_string(identity->version) + "); start xrouter serve once to bring it up to date.");
  return {};
}

}  // namespace xrouter::store
