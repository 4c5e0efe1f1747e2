// Moves what lies in the journal into the database, exactly once.
#pragma once

#include <atomic>
#include <string>

#include "xrouter/base/clock.hpp"
#include "xrouter/store/database.hpp"
#include "xrouter/store/journal_reader.hpp"

namespace xrouter::store {

/// Records and the position behind them change in one transaction, so a crash between two
/// statements, or a second replay, books nothing twice. Not thread-safe.
class Importer {
 public:
  Importer(Database& database, std::string folder, const Clock& clock);

  /// Reads the stored position. Call once, before import_until(). Error: io.
  Result<void> load();
  /// Imports everything before `end`. On an error (io) what was committed stays, and the next call
  /// goes on behind it. Lines that cannot be booked are recorded in journal_damage and logged. Stops
  /// early, without an error, after the commit that follows `*stop` becoming true.
  Result<void> import_until(Position end, const std::atomic<bool>* stop = nullptr);

  Position position() const { return position_; }
  std::uint64_t booked() const { return booked_; }    ///< records, since load()
  std::uint64_t damaged() const { return damaged_; }  ///< lines that could not be booked, since load()

 private:
  Result<void> import_chunk(const JournalChunk& chunk, Position next);
  Result<void> book_entry(const JournalEntry& entry);
  Result<void> note_damage(const JournalEntry& entry, std::string_view kind);
  Result<void> retire(std::uint64_t segment);
  Result<Position> skip_missing(Position end) const;

  Database& database_;
  std::string folder_;
  const Clock& clock_;
  Position position_;
  std::uint64_t booked_ = 0;
  std::uint64_t damaged_ = 0;
  std::uint64_t batch_booked_ = 0;
};

}  // namespace xrouter::store
