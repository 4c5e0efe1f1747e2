// Checkpoints on disk, as every rank reads them and rank 0 writes them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::trainer {

struct Checkpoint {
  std::int64_t step = 0;
  std::filesystem::path folder;
  std::optional<double> validation_score = {};
};

struct CheckpointScan {
  std::vector<Checkpoint> complete;           ///< ascending by step
  std::vector<std::filesystem::path> torn;    ///< begun and not finished, or files of another size than DONE says
};

/// `folder` is that of the checkpoints; a missing one has none. Found by their DONE, never by a pointer.
CheckpointScan scan_checkpoints(const std::filesystem::path& folder);

/// Whole or not at all: written under another name, synced, renamed; DONE lists every file with size and checksum and
/// is written last. Errors: io, or those of `write_files`.
Result<Checkpoint> write_checkpoint(const std::filesystem::path& folder, std::int64_t step, std::string_view trainer_state,
                                    std::optional<double> validation_score,
                                    const std::function<Result<void>(const std::filesystem::path& folder)>& write_files);

/// The trainer's own state, after the checksums of all files were compared. Errors: io; config for a damaged file.
Result<std::string> read_checkpoint(const Checkpoint& checkpoint);

}  // namespace xrouter::trainer
