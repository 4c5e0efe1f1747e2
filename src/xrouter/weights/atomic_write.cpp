#include "xrouter/weights/atomic_write.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> system_failure(const fs::path& path, const char* what, int code) {
  return fail(ErrorKind::io, path.string() + ": " + what + ": " + std::strerror(code));
}

// "folder/" and "folder" are one folder.
fs::path without_slash(fs::path path) { return path.has_filename() ? path : path.parent_path(); }

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// Temporary names begin with a dot, so that whoever lists models does not see them.
std::string template_beside(const fs::path& target) {
  return (parent_of(target) / ("." + target.filename().string() + ".partial-XXXXXX")).string();
}

// Also for folders: their entries are on the disk only then.
Result<void> sync_path(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_failure(path, "cannot be opened", errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0 && code != EINVAL)
    return system_failure(path, "cannot be brought to the disk", code);  // some file systems cannot sync folders
  return {};
}

constexpr mode_t kFileMode = 0644, kFolderMode = 0755;

mode_t allowed(mode_t mode) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mode & ~mask;
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const fs::path& target) {
  std::string name = template_beside(target);
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return system_failure(target, "cannot be written", errno);
  ::fchmod(fd, allowed(kFileMode));
  return AtomicFile(target, name, fd);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::move(other.temporary_)), fd_(std::exchange(other.fd_, -1)) {}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(target_, "cannot be written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> AtomicFile::commit() {
  // A full disk may show only now: close and fsync are part of writing.
  if (::fsync(fd_) != 0) return system_failure(target_, "cannot be brought to the disk", errno);
  if (::close(std::exchange(fd_, -1)) != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary_.c_str());
    return system_failure(target_, "cannot be put in place", code);
  }
  return sync_path(parent_of(target_));
}

Result<void> sync_file(const fs::path& path) { return sync_path(path); }

Result<void> write_file(const fs::path& target, std::string_view text) {
  auto file = AtomicFile::create(target);
  if (!file) return fail(file.error());
  if (auto written = file->write(text); !written) return written;
  return file->commit();
}

Result<AtomicFolder> AtomicFolder::create(const fs::path& given) {
  const fs::path target = without_slash(given);
  std::error_code error;
  fs::create_directories(parent_of(target), error);
  if (error) return fail(ErrorKind::io, parent_of(target).string() + ": cannot be made: " + error.message());
  std::string name = template_beside(target);
  if (::mkdtemp(name.data()) == nullptr) return system_failure(target, "cannot be written", errno);
  ::chmod(name.c_str(), allowed(kFolderMode));
  return AtomicFolder(target, name);
}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept : target_(std::move(other.target_)), temporary_(std::move(other.temporary_)) {
  other.temporary_.clear();
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

Result<void> AtomicFolder::commit() {
  if (auto synced = sync_path(temporary_); !synced) return synced;
  if (::rename(temporary_.c_str(), target_.c_str()) == 0) {
    temporary_.clear();
    return sync_path(parent_of(target_));
  }
  // A folder with content is not replaced by rename(): the two change places, and the old one is removed under the temporary name.
  if (errno != ENOTEMPTY && errno != EEXIST) return system_failure(target_, "cannot be put in place", errno);
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) != 0)
    return system_failure(target_, "cannot replace the older folder", errno);
  return sync_path(parent_of(target_));
}

}  // namespace xrouter::weights
