// Appends lines to the newest segment of the journal.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/store/journal_files.hpp"

namespace xrouter::store {

/// Lines are in the journal completely or not at all: after a write that the disk cut short the
/// segment is cut back, or given up for a new one. Not thread-safe.
class JournalWriter {
 public:
  /// The first segment is created by the first append.
  JournalWriter(std::string folder, std::uint64_t first_segment, std::uint64_t segment_bytes);

  /// One write for all of `lines`, of which each ends with its line break. When this returns without
  /// error they survive the death of the process, and the loss of power once the segment is synced. A
  /// process that dies within the write leaves a beginning of them. Error: io.
  Result<void> append(std::string_view lines);
  /// Behind the last complete line. Segments before it are sealed.
  Position end() const { return end_; }
  std::uint64_t writes() const { return writes_; }  ///< system calls so far

 private:
  Result<void> open_segment();
  Result<void> write_all(std::string_view lines);
  void cut_back();
  void seal();

  std::string folder_;
  std::uint64_t segment_bytes_;
  Position end_;
  std::uint64_t writes_ = 0;
  Descriptor file_;
};

}  // namespace xrouter::store
