// The journal on disk: a folder of numbered segments beside the database. Numbers only grow; the
// highest is being written, the others are sealed.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::store {

/// A place in the journal.
struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Position&) const = default;
};

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// "<database>.queue"
std::string journal_folder(const std::string& database_path);
std::string segment_path(const std::string& folder, std::uint64_t segment);
/// Ascending. A folder that does not exist holds none. Error: io.
Result<std::vector<std::uint64_t>> list_segments(const std::string& folder);
/// Bytes of all segments at or behind `from`; what has not reached the database yet.
std::uint64_t bytes_after(const std::string& folder, Position from);
/// Deletes a consumed segment, or keeps it as "<segment>.damaged" for a person to look at.
Result<void> retire_segment(const std::string& folder, std::uint64_t segment, bool keep);
/// Flushes a segment and its folder entry to the disk itself (fsync).
Result<void> sync_segment(const std::string& folder, std::uint64_t segment);
/// Makes the folder and takes the lock that only one writing process can hold; the lock lasts as
/// long as the descriptor. Errors: io (cannot make or open it), config (another process writes).
Result<Descriptor> lock_folder(const std::string& folder);

/// "<what>: <strerror(errno)>" as kind io.
Error system_error(const std::string& what);

}  // namespace xrouter::store
