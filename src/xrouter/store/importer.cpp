#include "xrouter/store/importer.hpp"

#include <filesystem>
#include <utility>

#include "xrouter/base/log.hpp"
#include "xrouter/store/booking.hpp"

namespace xrouter::store {

Importer::Importer(Database& database, std::string folder, const Clock& clock) : database_(database), folder_(std::move(folder)), clock_(clock) {}

Result<void> Importer::load() {
  return database_.each("SELECT segment, offset FROM journal_position", [this](const Row& row) {
    position_ = {.segment = static_cast<std::uint64_t>(row.integer(0)), .offset = static_cast<std::uint64_t>(row.integer(1))};
  });
}

Result<void> Importer::import_until(Position end, const std::atomic<bool>* stop) {
  while (position_ < end && !(stop != nullptr && *stop)) {
    auto from = skip_missing(end);
    if (!from) return fail(std::move(from.error()));
    position_ = *from;
    if (position_ >= end) return {};
    auto chunk = read_chunk(folder_, position_, end);
    if (!chunk) return fail(std::move(chunk.error()));
    const std::uint64_t segment = position_.segment;
    const Position next = chunk->segment_done ? Position{.segment = segment + 1, .offset = 0} : chunk->next;
    if (next == position_) return fail(ErrorKind::io, "The ledger's journal cannot be read.", segment_path(folder_, segment) + " is shorter than it was");
    if (auto imported = import_chunk(*chunk, next); !imported) return imported;
    if (!chunk->segment_done) continue;
    if (auto retired = retire(segment); !retired) return retired;
  }
  return {};
}

// Numbers may be skipped: a segment is given up when its first write fails, or was retired before
// its successor existed.
Result<Position> Importer::skip_missing(Position end) const {
  std::error_code ignored;
  if (std::filesystem::exists(segment_path(folder_, position_.segment), ignored)) return position_;
  auto segments = list_segments(folder_);
  if (!segments) return fail(std::move(segments.error()));
  for (std::uint64_t segment : *segments)
    if (segment > position_.segment && segment < end.segment) return Position{.segment = segment, .offset = 0};
  return Position{.segment = end.segment, .offset = 0};
}

Result<void> Importer::import_chunk(const JournalChunk& chunk, Position next) {
  batch_booked_ = 0;
  const std::uint64_t damaged_before = damaged_;
  auto import = [&]() -> Result<void> {
    if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
    for (const JournalEntry& entry : chunk.entries)
      if (auto booked = book_entry(entry); !booked) return booked;
    auto moved = database_.run("UPDATE journal_position SET segment = ?, offset = ?", next.segment, next.offset);
    if (!moved) return fail(std::move(moved.error()));
    return database_.execute("COMMIT");
  };
  if (auto imported = import(); !imported) {
    (void)database_.execute("ROLLBACK");  // SQLite may have rolled back by itself; the first error counts
    damaged_ = damaged_before;
    return imported;
  }
  position_ = next;
  booked_ += batch_booked_;
  return {};
}

Result<void> Importer::book_entry(const JournalEntry& entry) {
  if (entry.verdict != JournalEntry::Verdict::ok) return note_damage(entry, entry.verdict == JournalEntry::Verdict::torn ? "torn" : "damaged");
  auto record = parse_record(entry.payload);
  if (!record) return note_damage(entry, "unreadable");
  auto booked = book(database_, *record);
  if (!booked && database_.refused_row()) return note_damage(entry, "refused");
  if (booked) ++batch_booked_;
  return booked;
}

Result<void> Importer::note_damage(const JournalEntry& entry, std::string_view kind) {
  auto noted = database_.run("INSERT INTO journal_damage VALUES(?,?,?,?,?) ON CONFLICT DO NOTHING", entry.at.segment, entry.at.offset, entry.bytes, kind,
                             static_cast<std::int64_t>(clock_.wall_now().time_since_epoch().count()));
  if (!noted) return fail(std::move(noted.error()));
  if (*noted == 0) return {};
  ++damaged_;
  log::error("ledger", "journal line not booked (" + std::string(kind) + "): " + segment_path(folder_, entry.at.segment) + " at byte " +
                           std::to_string(entry.at.offset) + ", " + std::to_string(entry.bytes) + " bytes");
  return {};
}

Result<void> Importer::retire(std::uint64_t segment) {
  // A torn tail holds nothing that was promised; anything else is kept for a person.
  auto kept = database_.integer("SELECT count(*) FROM journal_damage WHERE segment = ? AND kind <> 'torn'", segment);
  if (!kept) return fail(std::move(kept.error()));
  return retire_segment(folder_, segment, *kept > 0);
}

}  // namespace xrouter::store
