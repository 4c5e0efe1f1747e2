// The folder of a training run: what survives a kill at any moment.
//
//   config.yaml        the configuration as it was given
//   settings.json      every setting with its value, and the hash of them; checked on resume
//   record.json        RunRecord: data, seeds, and each session's command, hardware and time
//   baselines.json     what validation compares with (validation.hpp)
//   metrics.jsonl      one line a step; cut behind the checkpoint on resume
//   events.out.tfevents.run    the same for TensorBoard
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
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/checkpoint.hpp"
#include "xrouter/trainer/record/metrics.hpp"
#include "xrouter/trainer/record/run_record.hpp"
#include "xrouter/trainer/record/settings.hpp"
#include "xrouter/trainer/record/tensorboard.hpp"

namespace xrouter::trainer {

struct RetentionOptions {
  int keep_checkpoints = 3;  ///< the newest, at least 1; the best one is kept besides
};

enum class RunMode {
  fresh,   ///< the folder is new or empty
  resume,  ///< it holds this run
};

namespace run_files {
inline constexpr const char* kConfig = "config.yaml";
inline constexpr const char* kSettings = "settings.json";
inline constexpr const char* kMetrics = "metrics.jsonl";
inline constexpr const char* kEvents = "events.out.tfevents.run";
inline constexpr const char* kNotes = "notes.jsonl";
inline constexpr const char* kCheckpoints = "checkpoints";
inline constexpr const char* kLock = "lock";
inline constexpr const char* kReport = "report.html";
}  // namespace run_files

/// One process writes (rank 0), and holds the folder's lock until it ends. One thread.
class RunFolder {
 public:
  /// On resume: unfinished checkpoints are removed, damaged ones set aside, metrics behind the newest good one cut; each
  /// is said in remarks(). Errors: config when the folder holds a run (fresh) or none (resume), or when settings or data
  /// differ, each of which is named, and then the folder is as it was; io when it cannot be written or another process
  /// holds it.
  static Result<std::unique_ptr<RunFolder>> open(const std::filesystem::path& path, const RunConfig& config, RunMode mode,
                                                 const RetentionOptions& retention = {}, const Clock& clock = system_clock());
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path checkpoints_path() const { return path_ / run_files::kCheckpoints; }
  /// For people: what was found and repaired.
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// Call once, before the first step: keeps `record` with the sessions of earlier processes and this one, which begins
  /// at the newest checkpoint. `session` needs command, program and hardware. Its step and time are brought up to date
  /// with every checkpoint. Errors: config for a damaged record; io.
  Result<void> begin_session(RunRecord record, RunSession session);

  /// Complete ones that the run can go on from, ascending by step.
  std::vector<Checkpoint> checkpoints() const;
  std::optional<Checkpoint> latest() const;
  /// With the highest validation score, the earlier of two alike; also one that the run went back before.
  std::optional<Checkpoint> best() const;
  /// A checkpoint of this step, whole or not at all, and then those no longer kept are removed. `write_files` writes
  /// files into the folder it is given. Errors: io (a full disk says so), or its own; earlier checkpoints are as they
  /// were.
  Result<void> save_checkpoint(std::int64_t step, std::string_view trainer_state, std::optional<double> validation_score,
                               const std::function<Result<void>(const std::filesystem::path& folder)>& write_files);
  /// The run goes back to `step`: later metrics are cut and later checkpoints removed, but for the best one.
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
  Result<void> drop_unusable_checkpoints();
  Result<void> open_logs();
  Result<void> prune();
  Result<void> cut_metrics(std::int64_t last_step);
  Result<RunRecord> earlier_record() const;
  Result<void> check_data(const std::vector<DataFile>& now) const;
  Result<void> write_record(std::int64_t step);

  std::filesystem::path path_;
  RetentionOptions retention_;
  const Clock& clock_;
  TimePoint opened_;
  std::vector<std::string> remarks_;
  std::optional<RunRecord> record_;
  int lock_ = -1;
  std::optional<AppendFile> metrics_, notes_;
  std::optional<TensorBoardFile> board_;
};

}  // namespace xrouter::trainer
