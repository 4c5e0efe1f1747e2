// Reads the lines of a segment and judges each.
#pragma once

#include <string>
#include <vector>

#include "xrouter/store/journal_files.hpp"

namespace xrouter::store {

struct JournalEntry {
  enum class Verdict {
    ok,
    torn,     ///< the last line of a sealed segment has no end: its append never returned
    damaged,  ///< the checksum or the frame is wrong
  };
  Position at;
  std::uint64_t bytes = 0;  ///< with the line break
  Verdict verdict = Verdict::ok;
  std::string payload = {};  ///< when ok
};

struct JournalChunk {
  std::vector<JournalEntry> entries;
  Position next;               ///< where to go on
  bool segment_done = false;   ///< a sealed segment has been read to its end
};

inline constexpr std::size_t kChunkBytes = 1024 * 1024;

/// Reads up to kChunkBytes at `from`. `end` is the writer's end: a segment before it is sealed and
/// is read to the end of the file, the writer's own only to `end.offset`. Error: io.
Result<JournalChunk> read_chunk(const std::string& folder, Position from, Position end);

}  // namespace xrouter::store
