// Files as bytes: large ones mapped, small texts read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "xrouter/base/result.hpp"

namespace xrouter::weights {

/// Bytes and what keeps them alive. `name` is for errors.
struct FileBytes {
  std::string name;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Maps a regular file for reading. Whoever cuts the file short while it is mapped ends the process (SIGBUS), so
/// files are replaced by renaming, never written in place. Errors: config, for what is no readable, non-empty
/// regular file (also loops of symbolic links).
Result<FileBytes> map_file(const std::filesystem::path& path);

/// The whole text of a small file. Errors: config, also above `max_bytes`.
Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes);

/// True when something is there under this name, whatever it is; a broken link counts.
bool is_there(const std::filesystem::path& path);

}  // namespace xrouter::weights
