// A file that grows, or does not: what is appended stands in it whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::trainer {

/// One thread. A kill may leave a torn end: whoever opens the file says how long its good part is.
class AppendFile {
 public:
  /// Made when missing. Errors: io, as of the other functions; the text names file and reason (such as a full disk).
  static Result<AppendFile> open(const std::filesystem::path& path);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  /// A failed write takes back what of it got into the file.
  Result<void> append(std::string_view bytes);
  /// Keeps the first `bytes`. Precondition: the file has them.
  Result<void> cut(std::size_t bytes);
  Result<void> sync();

 private:
  AppendFile(std::filesystem::path path, int fd, std::size_t size) : path_(std::move(path)), fd_(fd), size_(size) {}
  std::filesystem::path path_;
  int fd_;
  std::size_t size_;
};

/// A whole file of at most `max_bytes`. Errors: io.
Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace xrouter::trainer
