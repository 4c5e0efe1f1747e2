#include "xrouter/trainer/record/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

namespace xrouter::trainer {
namespace {

tl::unexpected<Error> refused(const std::filesystem::path& path, const char* what, int code) {
  return fail(ErrorKind::io, path.string() + ": " + what + ": " + std::strerror(code));
}

}  // namespace

Result<AppendFile> AppendFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return refused(path, "cannot be opened", errno);
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(fd);
    return fail(ErrorKind::io, path.string() + ": is no regular file");
  }
  return AppendFile(path, fd, static_cast<std::size_t>(about.st_size));
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> AppendFile::append(std::string_view bytes) {
  const std::size_t all = bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int code = errno;
    auto restored = cut(size_);
    return restored ? Result<void>(refused(path_, "cannot be written", code)) : restored;
  }
  size_ += all;
  return {};
}

Result<void> AppendFile::cut(std::size_t bytes) {
  if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return refused(path_, "cannot be cut", errno);
  size_ = bytes;
  return {};
}

Result<void> AppendFile::sync() {
  if (::fdatasync(fd_) != 0) return refused(path_, "cannot be brought to the disk", errno);
  return {};
}

Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorKind::io, path.string() + ": cannot be read: " + error.message());
  if (size > max_bytes) return fail(ErrorKind::io, path.string() + ": is larger than " + std::to_string(max_bytes) + " bytes");
  std::string text(size, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in) return fail(ErrorKind::io, path.string() + ": cannot be read");
  return text;
}

}  // namespace xrouter::trainer
