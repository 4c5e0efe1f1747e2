// Recorded calls in a SQLite file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "xrouter/engine/transcript.hpp"
#include "xrouter/replay/replay_key.hpp"
#include "xrouter/store/database.hpp"

namespace xrouter::replay {

struct StoreOptions {
  std::string file;
  bool read_only = false;
  std::int64_t max_bytes = std::int64_t{64} << 30;  ///< of the file; beyond it writing fails like on a full disk
  int busy_timeout_ms = 10'000;                     ///< how long another process' write may hold this one up
};

struct StoreFigures {
  std::int64_t entries = 0;
  std::int64_t failures = 0;  ///< entries that are errors
  std::int64_t bytes = 0;     ///< of the file, without what lies in its write-ahead log
};

/// One connection: one thread. Several processes and threads may each have one of the same file, to read and to write.
/// What put() has returned from survives the end of the process; after a power loss the last moments may be missing,
/// but nothing is ever half there. Every entry carries a checksum.
class ReplayStore {
 public:
  /// Makes the file when it is missing, unless read_only. Errors: config (not a replay store, a newer version of one,
  /// missing and read_only), io (a folder that is missing or cannot be written says so).
  static Result<std::shared_ptr<ReplayStore>> open(const StoreOptions& options);

  /// nullopt: not recorded. Errors: io, also for an entry that is damaged (then `damaged()` has grown).
  Result<std::optional<ModelReply>> find(const ReplayKey& key, const ModelCall& call);
  /// Whether something was written: an entry that is there stays, unless `replace`. Errors: io (a full disk says so).
  Result<bool> put(const ReplayKey& key, const ModelCall& call, const ModelReply& reply, bool replace);

  Result<StoreFigures> figures();
  std::int64_t damaged() const { return damaged_; }
  const std::string& file() const { return file_; }

 private:
  ReplayStore(store::Database database, std::string file) : database_(std::move(database)), file_(std::move(file)) {}
  store::Database database_;
  std::string file_;
  std::int64_t damaged_ = 0;
};

}  // namespace xrouter::replay
