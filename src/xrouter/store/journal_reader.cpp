#include "xrouter/store/journal_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "xrouter/store/journal_frame.hpp"

namespace xrouter::store {
namespace {

// Up to `limit` bytes; fewer only at the end of the file.
Result<std::string> read_bytes(const std::string& path, std::uint64_t offset, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail(system_error("open " + path));
  std::string bytes(limit, '\0');
  std::size_t filled = 0;
  while (filled < limit) {
    const ssize_t got = ::pread(file.get(), bytes.data() + filled, limit - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error("read " + path));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

JournalEntry judge(Position at, std::string_view line) {
  JournalEntry entry{.at = at, .bytes = line.size() + 1, .verdict = JournalEntry::Verdict::damaged};
  if (auto payload = payload_of(line)) {
    entry.verdict = JournalEntry::Verdict::ok;
    entry.payload = *payload;
  }
  return entry;
}

}  // namespace

Result<JournalChunk> read_chunk(const std::string& folder, Position from, Position end) {
  const bool sealed = from.segment < end.segment;
  JournalChunk chunk{.entries = {}, .next = from};
  const std::uint64_t available = sealed ? kChunkBytes : end.offset - std::min(from.offset, end.offset);
  if (available == 0) return chunk;
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, available));
  auto bytes = read_bytes(segment_path(folder, from.segment), from.offset, limit);
  if (!bytes) return fail(std::move(bytes.error()));

  std::string_view rest = *bytes;
  for (std::size_t line_end; (line_end = rest.find('\n')) != rest.npos; rest.remove_prefix(line_end + 1)) {
    chunk.entries.push_back(judge(chunk.next, rest.substr(0, line_end)));
    chunk.next.offset += line_end + 1;
  }
  const bool at_end_of_file = sealed && bytes->size() < limit;
  if (at_end_of_file) chunk.segment_done = true;
  if (rest.empty()) return chunk;
  if (at_end_of_file) {
    chunk.entries.push_back({.at = chunk.next, .bytes = rest.size(), .verdict = JournalEntry::Verdict::torn});
    chunk.next.offset += rest.size();
  } else if (rest.size() > kMaxFrameBytes) {
    // No record is that long: skip it, or reading would stop here for ever.
    chunk.entries.push_back({.at = chunk.next, .bytes = rest.size(), .verdict = JournalEntry::Verdict::damaged});
    chunk.next.offset += rest.size();
  }
  return chunk;
}

}  // namespace xrouter::store
