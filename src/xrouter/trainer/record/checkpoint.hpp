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
  bool left = false;  ///< the run went back before it and on another way: good weights, but not its state
};

struct CheckpointScan {
  std::vector<Checkpoint> complete;         ///< ascending by step
  std::vector<std::filesystem::path> torn;  ///< begun and not finished, or files of another size than DONE says
};

/// `folder` is that of the checkpoints; a missing one has none. Found by their DONE, never by a pointer.
CheckpointScan scan_checkpoints(const std::filesystem::path& folder);

/// Whole or not at all: written under another name, synced, renamed; DONE lists every file with size and checksum and
/// is written last. Errors: io, or those of `write_files`.
Result<Checkpoint> write_checkpoint(const std::filesystem::path& folder, std::int64_t step, std::string_view trainer_state,
                                    std::optional<double> validation_score,
                                    const std::function<Result<void>(const std::filesystem::path& folder)>& write_files);

/// With the highest validation score, the earlier of two alike; nullopt when none has one.
std::optional<Checkpoint> best_of(const std::vector<Checkpoint>& checkpoints);

/// Marks it as left. Errors: io.
Result<void> leave_checkpoint(const Checkpoint& checkpoint);

/// Compares the checksums of all files. Errors: config for a damaged file; io.
Result<void> verify_checkpoint(const Checkpoint& checkpoint);

/// The trainer's own state, as it was given. Errors: io.
Result<std::string> read_trainer_state(const Checkpoint& checkpoint);

}  // namespace xrouter::trainer
