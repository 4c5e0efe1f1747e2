// The ledger as a server writes it. The journal is the queue: append() is one write(2) to an
// append-only file, however many records it is given, and a thread of the store moves the records
// into SQLite behind it.
//
// What a crash can cost:
//  - kill -9, abort: nothing whose append() returned without error.
//  - power loss: what was appended in the last moments, until the next import (flush_interval) has
//    been committed; commits are synced to the disk. While the database refuses, the journal itself
//    is synced once a second.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "xrouter/base/clock.hpp"
#include "xrouter/store/records.hpp"

namespace xrouter::store {

struct StoreOptions {
  std::string path;                                       ///< SQLite file; the journal is the folder "<path>.queue"
  std::uint64_t max_journal_bytes = std::uint64_t{1} << 30;  ///< a larger backlog closes accepting()
  std::uint64_t segment_bytes = 8 * 1024 * 1024;
  std::size_t max_retained_bytes = 16 * 1024 * 1024;      ///< records kept in memory while the disk refuses them
  std::chrono::milliseconds flush_interval{100};
  const Clock* clock = nullptr;                           ///< null: system_clock()
};

struct StoreStats {
  std::uint64_t appended = 0;        ///< records in the journal, since open()
  std::uint64_t booked = 0;          ///< records in the database, since open(), recovery included
  std::uint64_t damaged = 0;         ///< journal lines that could not be booked, since open()
  std::uint64_t append_errors = 0;   ///< appends that the disk refused (they are retried)
  std::uint64_t journal_writes = 0;  ///< write(2) calls for them
  std::uint64_t dropped = 0;         ///< records given up: the memory for retries is full
  std::uint64_t import_errors = 0;   ///< failed batches (they are retried)
  std::uint64_t backlog_bytes = 0;   ///< in the journal, not yet in the database
  std::uint64_t retained_bytes = 0;  ///< in memory, waiting for the disk
};

/// Thread-safe. One process writes a ledger at a time; readers are free (ledger_reader.hpp).
class LedgerStore {
 public:
  /// Recovers first: replays the journal, books calls without a settlement as lost. Errors: config
  /// (not a ledger, newer schema, in use by another process), io.
  static Result<std::unique_ptr<LedgerStore>> open(StoreOptions options);
  /// Flushes as flush() does, then stops the thread.
  ~LedgerStore();
  LedgerStore(const LedgerStore&) = delete;
  LedgerStore& operator=(const LedgerStore&) = delete;

  /// Without an error the records survive the death of the process. On an error (io) they are kept
  /// in memory and tried again, up to max_retained_bytes. Never waits for SQLite. Records whose lists
  /// are long become several lines of the journal, so that none is too long to be read back.
  Result<void> append(std::span<const Record> records);
  Result<void> append(const Record& record) { return append({&record, 1}); }
  /// False while new spending cannot be accounted for: the backlog is over its limit, or the disk
  /// refuses. Comes back by itself. Calls already under way should still be appended.
  bool accepting() const noexcept;
  /// Returns true the first time it is asked about this pool; the caller then appends its record.
  bool first_sight_of(const std::string& pool);

  /// Waits until everything appended before is in the database. Error: io, with the reason.
  Result<void> flush();
  StoreStats stats() const;

 private:
  class Impl;
  explicit LedgerStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace xrouter::store
