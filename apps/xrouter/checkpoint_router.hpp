// A router straight out of a training run, without exporting its weights first.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::app {

/// The checkpoint that `path` means: itself, or of a run's folder without an exported model the best one, else the
/// newest. nullopt: `path` is nothing of a training run, or a run with an exported model.
std::optional<std::filesystem::path> checkpoint_of(const std::filesystem::path& path);

struct CheckpointOptions {
  std::filesystem::path checkpoint;
  std::string train_config = {};  ///< of the run; empty: the copy in its folder, whose paths may lead nowhere from there
  std::string data_dir = {};
};

/// Loads it as training does, and starts to generate with it. The files are checked against their checksums. Errors:
/// config or io, each naming file or setting.
Result<std::shared_ptr<const policy_lm::RouterModel>> load_checkpoint(const CheckpointOptions& options);

}  // namespace xrouter::app
