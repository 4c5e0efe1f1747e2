// One process of a run from its folder to its exported weights.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/trainer/record/run_record.hpp"
#include "xrouter/trainer/trainer.hpp"

namespace xrouter::trainer {

/// All outlive the session.
struct SessionParts {
  const TrainConfig& config;
  learner::Learner& learner;
  learner::Collective& ranks;
  Episodes& episodes;
  const Texts* texts = nullptr;
  std::vector<DataFile> data = {};
  const std::atomic<bool>* stop = nullptr;
  const Clock& clock = system_clock();
};

struct SessionOptions {
  std::filesystem::path folder;
  RunMode mode = RunMode::fresh;
  std::string command = {};  ///< as typed, for the record
  std::string program = {};
  bool show_progress = true;
};

struct SessionEnd {
  TrainingEnd end;
  std::filesystem::path model = {};    ///< of a finished run: the exported weights
  std::int64_t model_step = 0;         ///< the checkpoint they are of: the best one, without validation the last
};

inline constexpr std::string_view kModelFolder = "model";
inline constexpr std::string_view kTrainingRecord = "training.json";

/// Blocks until the run has finished or was stopped. Errors: those of RunFolder and Trainer, on every process alike.
Result<SessionEnd> run_session(const SessionParts& parts, const SessionOptions& options);

/// Writes the weights of a checkpoint and the training record beside them into `to`. One process.
Result<void> export_checkpoint(learner::Learner& learner, const std::filesystem::path& run, const Checkpoint& checkpoint,
                               const std::filesystem::path& to);

}  // namespace xrouter::trainer
