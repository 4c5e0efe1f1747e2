// Files and folders that appear whole or not at all: written under another name beside the target, brought to
// the disk, then renamed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::weights {

/// One thread. What is not committed is removed.
class AtomicFile {
 public:
  /// Errors: io, as of the other functions; the text names the file and the system's reason (such as a full disk).
  static Result<AtomicFile> create(const std::filesystem::path& target);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text.data(), text.size()))); }
  /// Replaces the target. Nothing else may be called afterwards.
  Result<void> commit();

 private:
  AtomicFile(std::filesystem::path target, std::filesystem::path temporary, int fd)
      : target_(std::move(target)), temporary_(std::move(temporary)), fd_(fd) {}
  std::filesystem::path target_, temporary_;
  int fd_;
};

/// Brings a file that another program wrote to the disk.
Result<void> sync_file(const std::filesystem::path& path);

/// A whole small file.
Result<void> write_file(const std::filesystem::path& target, std::string_view text);

/// The same for a folder: write into path(), then commit(). Its files must be on the disk already (AtomicFile).
class AtomicFolder {
 public:
  static Result<AtomicFolder> create(const std::filesystem::path& target);
  AtomicFolder(AtomicFolder&& other) noexcept;
  AtomicFolder& operator=(AtomicFolder&&) = delete;
  ~AtomicFolder();

  const std::filesystem::path& path() const { return temporary_; }
  /// An older folder of the target's name changes places with the new one and is then removed.
  Result<void> commit();

 private:
  AtomicFolder(std::filesystem::path target, std::filesystem::path temporary)
      : target_(std::move(target)), temporary_(std::move(temporary)) {}
  std::filesystem::path target_, temporary_;
};

}  // namespace xrouter::weights
