// Appends lines to the newest segment of the journal.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/store/journal_files.hpp"

namespace xrouter::store {

/// A line is in the journal completely or not at all: after a write that the disk cut short the
/// segment is cut back, or given up for a new one. Not thread-safe.
class JournalWriter {
 public:
  /// The first segment is created by the first append.
  JournalWriter(std::string folder, std::uint64_t first_segment, std::uint64_t segment_bytes);

  /// `line` ends with its line break. When this returns without error the line survives the death
  /// of the process; it survives the loss of power once the segment is synced. Error: io.
  Result<void> append(std::string_view line);
  /// Behind the last complete line. Segments before it are sealed.
  Position end() const { return end_; }

 private:
  Result<void> open_segment();
  Result<void> write_all(std::string_view line);
  void cut_back();
  void seal();

  std::string folder_;
  std::uint64_t segment_bytes_;
  Position end_;
  Descriptor file_;
};

}  // namespace xrouter::store
