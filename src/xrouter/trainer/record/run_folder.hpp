// The folder of a training run: what survives a kill at any moment.
//
//   config.yaml        the configuration as it was given
//   settings.json      every setting with its value, and the hash of them; checked on resume
//   record.json        RunRecord: command, data, seeds, hardware, times
//   baselines.json     what validation compares with (validation.hpp)
//   metrics.jsonl      one line a step; cut behind the checkpoint on resume
//   events.out.tfevents.*   the same for TensorBoard; one file for each process that wrote
//   notes.jsonl        what happened besides steps: started, resumed, rolled back, stopped; only appended to
//   checkpoints/step-000123/   the learner's files, trainer.bin, and DONE, which is written last
//   lock               held by the process that writes
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/checkpoint.hpp"
#include "xrouter/trainer/record/metrics.hpp"

namespace xrouter::trainer {

struct Setting {
  std::string name;   ///< "dapo.group_size"
  std::string value;
  bool may_change = false;  ///< a resumed run may have another value: threads, how often a checkpoint is written
};

struct RunConfig {
  std::string text;  ///< YAML as it was given
  std::vector<Setting> settings;
};

struct RetentionOptions {
  int keep_checkpoints = 3;  ///< the newest; the best one is kept besides
};

enum class RunMode {
  fresh,   ///< the folder is new or empty
  resume,  ///< it holds this run
};

class TensorBoardFile;

/// One process writes (rank 0), and holds the folder's lock until it ends. One thread.
class RunFolder {
 public:
  /// On resume: torn checkpoints are removed, and each is named in remarks().
  /// Errors: config when the folder holds a run (fresh) or none (resume), or when settings differ, each of which is
  /// named; io when it cannot be written or another process holds it.
  static Result<std::unique_ptr<RunFolder>> open(const std::filesystem::path& path, const RunConfig& config, RunMode mode,
                                                 const RetentionOptions& retention = {}, const Clock& clock = system_clock());
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  /// FNV-1a of the settings that may not change, 16 hexadecimal digits.
  const std::string& settings_hash() const { return settings_hash_; }
  /// For people: what was found and repaired.
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// Complete ones, ascending by step.
  std::vector<Checkpoint> checkpoints() const;
  std::optional<Checkpoint> latest() const;
  /// With the highest validation score, the earlier of two alike.
  std::optional<Checkpoint> best() const;
  /// A checkpoint of this step, whole or not at all, and then those no longer kept are removed. `write_files` writes
  /// and syncs files into the folder it is given. Errors: io (a full disk says so), or its own; earlier checkpoints are
  /// as they were.
  Result<void> save_checkpoint(std::int64_t step, std::string_view trainer_state, std::optional<double> validation_score,
                               const std::function<Result<void>(const std::filesystem::path& folder)>& write_files);
  /// The run goes back to `step`: later checkpoints and metrics are removed.
  Result<void> roll_back_to(std::int64_t step);

  /// One line, and the same for TensorBoard; in the system's hands when it returns, on the disk with the next
  /// checkpoint. Steps ascend.
  Result<void> append(const StepMetrics& metrics);
  /// One line of notes.jsonl, with the time.
  Result<void> note(std::string_view text);
  /// A file of the run, in full or not at all.
  Result<void> write_file(std::string_view name, std::string_view bytes);

 private:
  RunFolder(std::filesystem::path path, RetentionOptions retention, const Clock& clock);
  Result<void> lock();
  Result<void> begin(const RunConfig& config);
  Result<void> go_on(const RunConfig& config);
  Result<void> remove_torn();
  Result<void> prune();
  Result<void> open_metrics(std::int64_t last_step);
  Result<void> sync_metrics();

  std::filesystem::path path_;
  RetentionOptions retention_;
  const Clock& clock_;
  std::string settings_hash_;
  std::vector<std::string> remarks_;
  int lock_ = -1;
  int metrics_ = -1;
  int notes_ = -1;
  std::unique_ptr<TensorBoardFile> board_;
};

}  // namespace xrouter::trainer
