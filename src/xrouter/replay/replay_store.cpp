#include "xrouter/replay/replay_store.hpp"

#include <zlib.h>

#include <algorithm>

#include "xrouter/replay/entry.hpp"

namespace xrouter::replay {
namespace {

using store::Blob;
using store::Database;
using store::Row;

constexpr std::string_view kWhat = "replay store";
constexpr std::int64_t kApplicationId = 0x78527270;  // "xRrp"
constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kMaxEntryBytes = std::size_t{256} << 20;

// A key is looked up far more often than its neighbours are read, and entries are much larger than rows should be: so
// the table has a rowid and the key an index of its own.
constexpr const char* kSchema =
    "CREATE TABLE entries ("
    "  key TEXT PRIMARY KEY,"             // ReplayKey::digest
    "  model TEXT NOT NULL,"              // as the upstream calls it
    "  replica INTEGER NOT NULL,"
    "  failed INTEGER NOT NULL,"          // 1: the entry is an error
    "  price_version TEXT NOT NULL,"      // of the price table in force when it was recorded
    "  text_bytes INTEGER NOT NULL,"      // of the entry before it was packed
    "  crc INTEGER NOT NULL,"             // crc32 of `entry`
    "  entry BLOB NOT NULL);";            // entry.hpp, packed by zlib

std::int64_t checksum(std::string_view bytes) {
  return static_cast<std::int64_t>(crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string packed(std::string_view text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string out(size, '\0');
  // Never fails: the buffer has room for the worst case.
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), static_cast<uLong>(text.size()), Z_BEST_SPEED);
  out.resize(size);
  return out;
}

std::optional<std::string> unpacked(std::string_view bytes, std::int64_t text_bytes) {
  if (text_bytes < 0 || static_cast<std::size_t>(text_bytes) > kMaxEntryBytes) return std::nullopt;
  std::string out(static_cast<std::size_t>(text_bytes), '\0');
  uLongf size = static_cast<uLongf>(out.size());
  const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  if (status != Z_OK || size != out.size()) return std::nullopt;
  return out;
}

Result<void> create(Database& database) {
  // Bit by bit: g++ 12 warns at -O2 of an overflow in a chain of operator+ that is not there.
  std::string make = "BEGIN IMMEDIATE;";
  make += kSchema;
  make += "PRAGMA application_id = ";
  make += std::to_string(kApplicationId);
  make += "; PRAGMA user_version = ";
  make += std::to_string(kSchemaVersion);
  make += "; COMMIT;";
  return database.execute(make);
}

/// Several processes may find the file empty at once: the first makes the table, the others find it made.
Result<void> check_or_create(Database& database, bool read_only) {
  for (const bool last : {false, true}) {
    const auto application = database.integer("PRAGMA application_id");
    if (!application) return fail(application.error());
    const auto version = database.integer("PRAGMA user_version");
    if (!version) return fail(version.error());
    const auto tables = database.integer("SELECT count(*) FROM sqlite_master");
    if (!tables) return fail(tables.error());
    if (*application == kApplicationId && *version == kSchemaVersion) return {};
    if (*application == kApplicationId) return fail(ErrorKind::config, "The replay store was written by another version of xrouter.");
    if (*tables > 0 || *application != 0 || read_only || last) return fail(ErrorKind::config, "The file is not a replay store of xrouter.");
    if (auto made = create(database); !made) {
      static_cast<void>(database.execute("ROLLBACK"));  // fails where nothing was begun
      const auto made_meanwhile = database.integer("SELECT count(*) FROM sqlite_master");
      if (!made_meanwhile || *made_meanwhile == 0) return made;
    }
  }
  return {};
}

Result<void> set_up(Database& database, const StoreOptions& options) {
  if (auto set = database.execute("PRAGMA busy_timeout = " + std::to_string(std::max(options.busy_timeout_ms, 0)) + ";"); !set) return set;
  if (options.read_only) return {};
  if (auto set = database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"); !set) return set;
  const auto page = database.integer("PRAGMA page_size");
  if (!page) return fail(page.error());
  const std::int64_t pages = std::max<std::int64_t>(options.max_bytes / std::max<std::int64_t>(*page, 1), 1);
  return database.execute("PRAGMA max_page_count = " + std::to_string(pages) + ";");
}

Error in_file(Error error, const std::string& file) {
  error.internal_text = file + (error.internal_text.empty() ? "" : ": " + error.internal_text);
  return error;
}

}  // namespace

Result<std::shared_ptr<ReplayStore>> ReplayStore::open(const StoreOptions& options) {
  auto database = Database::open(options.file, options.read_only ? Database::Access::read_only : Database::Access::create, kWhat);
  if (!database) return fail(in_file(database.error(), options.file));
  if (auto set = set_up(*database, options); !set) return fail(in_file(set.error(), options.file));
  if (auto sound = check_or_create(*database, options.read_only); !sound) return fail(in_file(sound.error(), options.file));
  return std::shared_ptr<ReplayStore>(new ReplayStore(std::move(*database), options.file));
}

Result<std::optional<ModelReply>> ReplayStore::find(const ReplayKey& key, const ModelCall& call) {
  struct Stored {
    std::int64_t text_bytes = 0, crc = 0;
    std::string entry;
  };
  std::optional<Stored> stored;
  const auto take = [&](const Row& row) { stored = Stored{.text_bytes = row.integer(0), .crc = row.integer(1), .entry = row.blob(2)}; };
  if (auto read = database_.each("SELECT text_bytes, crc, entry FROM entries WHERE key = ?", take, key.digest); !read) return fail(in_file(read.error(), file_));
  if (!stored) return std::optional<ModelReply>();
  const auto text = checksum(stored->entry) == stored->crc ? unpacked(stored->entry, stored->text_bytes) : std::nullopt;
  auto reply = text ? from_bytes(*text, call) : fail(ErrorKind::io, "An entry of the replay store is damaged.", "its checksum does not fit");
  if (reply) return std::optional<ModelReply>(std::move(*reply));
  ++damaged_;
  return fail(in_file(reply.error(), file_));
}

Result<bool> ReplayStore::put(const ReplayKey& key, const ModelCall& call, const ModelReply& reply, bool replace) {
  const std::string text = to_bytes(reply);
  if (text.size() > kMaxEntryBytes) return fail(ErrorKind::io, "The reply is too long for the replay store.", file_);
  const std::string entry = packed(text);
  const std::string& model = call.model->upstream_model.empty() ? call.model->id.value : call.model->upstream_model;
  const std::string_view sql = replace ? "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)" : "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  const auto changed = database_.run(sql, key.digest, model, key.replica, reply.reply ? 0 : 1, call.model->price.version(), static_cast<std::int64_t>(text.size()),
                                     checksum(entry), Blob{entry});
  if (!changed) return fail(in_file(changed.error(), file_));
  return *changed > 0;
}

Result<StoreFigures> ReplayStore::figures() {
  StoreFigures out;
  const auto take = [&](const Row& row) { out = {.entries = row.integer(0), .failures = row.integer(1)}; };
  if (auto read = database_.each("SELECT count(*), coalesce(sum(failed), 0) FROM entries", take); !read) return fail(in_file(read.error(), file_));
  const auto pages = database_.integer("PRAGMA page_count"), page = database_.integer("PRAGMA page_size");
  if (!pages) return fail(in_file(pages.error(), file_));
  if (!page) return fail(in_file(page.error(), file_));
  out.bytes = *pages * *page;
  return out;
}

}  // namespace xrouter::replay
