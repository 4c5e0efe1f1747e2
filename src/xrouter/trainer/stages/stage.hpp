// What a run does one step at a time; the loop around it is the same for all stages.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/learner/collective.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/rl/alarms.hpp"
#include "xrouter/trainer/episodes.hpp"
#include "xrouter/trainer/record/metrics.hpp"
#include "xrouter/trainer/state.hpp"

namespace xrouter::trainer {

/// What all stages work with. Outlives them.
struct StageContext {
  const TrainConfig& config;
  learner::Learner& learner;
  learner::Collective& ranks;
  Episodes& episodes;
  const Texts* texts = nullptr;  ///< of the language stages
  const Clock& clock;
  std::function<void(std::string_view phase, std::size_t done, std::size_t total)> activity;
};

/// Of what a step drew.
struct Unscored {
  double share = 0;  ///< of the rollouts
  Error why;         ///< of the first one
};

struct StepEnd {
  bool learned = true;  ///< false: nothing was worth learning from, the weights are as they were
  bool applied = true;  ///< false: an update was skipped because its gradient was not finite
  rl::StepSigns signs = {};
  bool watched = false;  ///< the signs are those of a policy
  std::optional<Unscored> unscored = {};  ///< nothing was learned because no group that was drawn could be scored
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::int64_t steps() const = 0;
  /// Counts what it drew in `state`, leaves the step counters to the loop. Errors leave weights and state in between: go
  /// back to a checkpoint. Every process does the same.
  virtual Result<StepEnd> step(TrainerState& state, StepMetrics& metrics) = 0;
};

/// Precondition: the context has what the stage needs (load_train_config and the inputs checked it).
std::unique_ptr<Stage> make_stage(const StageContext& context, const StageConfig& config);

/// Seconds of the phases of one step, for metrics.
class PhaseClock {
 public:
  PhaseClock(const StageContext& context, StepMetrics& metrics) : context_(context), metrics_(metrics), begun_(context.clock.now()) {}
  /// The time since the last phase belongs to this one.
  double lap(std::string_view phase) {
    const TimePoint now = context_.clock.now();
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    begun_ = now;
    metrics_.set("seconds/*", phase, metrics_.find("seconds/*", phase).value_or(0) + seconds);
    return seconds;
  }

 private:
  const StageContext& context_;
  StepMetrics& metrics_;
  TimePoint begun_;
};

double learning_rate_of(const StageConfig& stage, std::int64_t steps, const TrainerState& state);

/// All items, each played (or taught) on one process; the groups of all, in the order of the items, with the cost weights
/// of the items whatever the router was told.
Result<std::vector<rollout::Group>> play_on_all(const StageContext& context, std::span<const rollout::WorkItem> items, PlayOptions options);
Result<std::vector<rollout::Group>> teach_on_all(const StageContext& context, std::span<const rollout::WorkItem> items, PlayOptions options);

}  // namespace xrouter::trainer
