#include "xrouter/store/journal_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace xrouter::store {

JournalWriter::JournalWriter(std::string folder, std::uint64_t first_segment, std::uint64_t segment_bytes)
    : folder_(std::move(folder)), segment_bytes_(segment_bytes), end_{.segment = first_segment, .offset = 0} {}

Result<void> JournalWriter::append(std::string_view lines) {
  if (!file_.valid()) {
    if (auto opened = open_segment(); !opened) return opened;
  }
  if (auto written = write_all(lines); !written) {
    cut_back();
    return written;
  }
  end_.offset += lines.size();
  if (end_.offset >= segment_bytes_) seal();
  return {};
}

Result<void> JournalWriter::open_segment() {
  const std::string path = segment_path(folder_, end_.segment);
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (file_.valid()) return {};
  const bool taken = errno == EEXIST;
  Error error = system_error("create " + path);
  if (taken) seal();  // somebody put it there; never mix with it
  return fail(std::move(error));
}

Result<void> JournalWriter::write_all(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
    ++writes_;
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(system_error("write " + segment_path(folder_, end_.segment)));
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void JournalWriter::cut_back() {
  if (::ftruncate(file_.get(), static_cast<off_t>(end_.offset)) != 0) seal();
}

void JournalWriter::seal() {
  file_ = Descriptor();
  end_ = {.segment = end_.segment + 1, .offset = 0};
}

}  // namespace xrouter::store
