#include "xrouter/store/journal_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <utility>

namespace xrouter::store {
namespace {

constexpr std::string_view kExtension = ".journal";
constexpr std::size_t kDigits = 12;  // zero-padded, so that a listing sorts

std::optional<std::uint64_t> number_of(const std::string& name) {
  if (!name.ends_with(kExtension)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + name.size() - kExtension.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error system_error(const std::string& what) {
  return {.kind = ErrorKind::io, .public_text = "The ledger's journal refused the operation.", .internal_text = what + ": " + std::strerror(errno)};
}

std::string journal_folder(const std::string& database_path) { return database_path + ".queue"; }

std::string segment_path(const std::string& folder, std::uint64_t segment) {
  std::string digits = std::to_string(segment);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return folder + "/" + digits + std::string(kExtension);
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& folder) {
  std::vector<std::uint64_t> segments;
  std::error_code failure;
  if (!std::filesystem::exists(folder, failure)) return segments;
  for (std::filesystem::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure))
    if (auto number = number_of(it->path().filename().string())) segments.push_back(*number);
  if (failure) return fail(ErrorKind::io, "The ledger's journal cannot be listed.", folder + ": " + failure.message());
  std::sort(segments.begin(), segments.end());
  return segments;
}

std::uint64_t bytes_after(const std::string& folder, Position from) {
  std::uint64_t bytes = 0;
  for (std::uint64_t segment : list_segments(folder).value_or(std::vector<std::uint64_t>())) {
    std::error_code gone;  // a segment may be retired while we look: it counts as nothing
    const auto size = std::filesystem::file_size(segment_path(folder, segment), gone);
    const std::uint64_t read = segment == from.segment ? from.offset : 0;
    if (!gone && segment >= from.segment && size > read) bytes += size - read;
  }
  return bytes;
}

Result<void> retire_segment(const std::string& folder, std::uint64_t segment, bool keep) {
  const std::string path = segment_path(folder, segment);
  const int failed = keep ? ::rename(path.c_str(), (path + ".damaged").c_str()) : ::unlink(path.c_str());
  if (failed != 0 && errno != ENOENT) return fail(system_error("retire " + path));
  return {};
}

Result<void> sync_segment(const std::string& folder, std::uint64_t segment) {
  for (const std::string& path : {segment_path(folder, segment), folder}) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || ::fsync(file.get()) != 0) return fail(system_error("fsync " + path));
  }
  return {};
}

Result<Descriptor> lock_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail(system_error("mkdir " + folder));
  const std::string path = folder + "/lock";
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return fail(system_error("open " + path));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return fail(ErrorKind::config, "The ledger is in use by another process.", path);
  return fail(system_error("flock " + path));
}

}  // namespace xrouter::store
