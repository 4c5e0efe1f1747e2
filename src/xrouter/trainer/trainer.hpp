// The loop of a training run: stages and steps, validation, checkpoints, alarms, and how it ends.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/learner/collective.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/trainer/episodes.hpp"
#include "xrouter/trainer/record/progress.hpp"
#include "xrouter/trainer/record/run_folder.hpp"
#include "xrouter/trainer/stages/stage.hpp"
#include "xrouter/trainer/validation.hpp"

namespace xrouter::trainer {

/// All outlive the trainer.
struct TrainerParts {
  const TrainConfig& config;
  learner::Learner& learner;
  learner::Collective& ranks;
  Episodes& episodes;
  const Texts* texts = nullptr;          ///< for stages `language`
  RunFolder* folder = nullptr;           ///< of the first process; the others have none
  TrainingDisplay* display = nullptr;    ///< of the first process; may be null
  const std::atomic<bool>* stop = nullptr;  ///< set: the step under way is finished, and the run ends with a checkpoint
  const Clock& clock = system_clock();
};

struct TrainingEnd {
  bool finished = false;  ///< false: it was stopped and can go on
  std::int64_t step = 0;
  std::optional<double> validation_score = {};  ///< of the last validation
};

/// One for a process; every process of a run does the same. One thread.
///
/// A checkpoint stands before the first step, after every CheckpointConfig::every steps, at the end of a stage and at the
/// end. An update with a gradient that is not finite is skipped and counted; kSkips of them in a row, or signs of
/// collapse that stay, take the run back to a checkpoint before them, with a smaller learning rate and other chances.
class Trainer {
 public:
  explicit Trainer(const TrainerParts& parts);

  /// Instead of beginning anew: goes on from the folder's newest checkpoint. Errors: config when there is none or it does
  /// not fit the configuration, io.
  Result<void> resume();
  /// Blocks. Errors: io when the folder cannot be written (checkpoints that stood before still do) or another process is
  /// gone, or the learner runs out of memory; no_usable_answer when alarms were raised more often than the configuration allows; that one or
  /// config when kSkips steps of dapo in a row could score nothing; those of the episodes.
  Result<TrainingEnd> run();

  const TrainerState& state() const { return state_; }
  const std::vector<ValidationBaseline>& baselines() const { return validation_.baselines(); }

  static constexpr int kSkips = 3;

 private:
  Result<TrainingEnd> loop();
  Result<void> begin();
  Result<void> one_step(Stage& stage);
  Result<bool> recover(const StepEnd& end, StepMetrics& metrics);
  Result<void> roll_back(const std::vector<std::string>& reasons);
  Result<void> restore(const Checkpoint& checkpoint);
  Result<void> watch_scoring(const StepEnd& end);
  Result<double> new_grader_failures();
  Result<void> validate_when_due(const Stage& stage, StepMetrics& metrics);
  Result<void> checkpoint();
  Result<void> report(const Stage& stage, StepMetrics& metrics, double seconds);
  void say(const std::string& text);
  bool stage_ends(const Stage& stage) const { return state_.stage_step >= stage.steps(); }
  const StageConfig& stage_config() const { return parts_.config.stages[state_.stage]; }
  TrainingPosition position(const Stage& stage) const;
  Result<Checkpoint> chosen_checkpoint(std::int64_t latest_step);

  TrainerParts parts_;
  StageContext context_;
  TrainerState state_;
  Validation validation_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::optional<double> score_;              ///< of a validation at the present step
  std::uint64_t grader_failures_ = 0;        ///< of this process, until the last step
  std::int64_t checkpoint_step_ = -1;        ///< the newest that was written or read
};

}  // namespace xrouter::trainer
