// How a run goes, for a person who watches. Rendering is pure; TrainingDisplay holds the terminal.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/clock.hpp"
#include "xrouter/trainer/record/metrics.hpp"

namespace xrouter::trainer {

struct TrainingPosition {
  std::string stage;  ///< "dapo"
  int stage_number = 1, stages = 1;
  std::int64_t stage_step = 0, stage_steps = 0;
  std::int64_t step = 0, steps = 0;  ///< over all stages
};

/// What the display has seen until now; bounded.
class ProgressHistory {
 public:
  /// `seconds`: how long this step took.
  void add(const TrainingPosition& position, const StepMetrics& metrics, double seconds);
  /// Of recent(), where it was measured.
  std::vector<double> series(SingleMetric metric) const;
  const TrainingPosition& position() const { return position_; }
  const std::vector<StepMetrics>& recent() const { return recent_; }            ///< the last kRemembered of this stage
  const std::optional<StepMetrics>& validation() const { return validation_; }  ///< the last step that has one
  /// Of the stage under way, by the pace of its recent steps; nullopt before the first.
  std::optional<double> stage_seconds_left() const;
  double seconds_per_step() const { return seconds_per_step_; }

 private:
  static constexpr std::size_t kRemembered = 240;
  TrainingPosition position_;
  std::vector<StepMetrics> recent_;
  std::optional<StepMetrics> validation_;
  double seconds_per_step_ = 0;
};

/// What is being done within the step.
struct Activity {
  std::string phase = {};  ///< "rollout"
  std::size_t done = 0, total = 0;
};

/// The block that is redrawn in place: at most kBlockLines lines of at most `width` columns, each with a label of
/// kLabelColumns in front. What was not measured is left out.
std::vector<std::string> render_block(const ProgressHistory& history, const Activity& activity, double seconds, std::size_t width);
inline constexpr std::size_t kBlockLines = 10;
inline constexpr std::size_t kLabelColumns = 12;
/// One line for a log.
std::string render_line(const ProgressHistory& history, double seconds);
/// At most `width` columns, each the mean of as many values, as blocks of eight heights between the least and largest.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// A block redrawn in place on a terminal; elsewhere a line a step, at most one in `kBetweenLines`. One thread.
class TrainingDisplay {
 public:
  explicit TrainingDisplay(std::FILE* out = stderr, const Clock& clock = system_clock());
  ~TrainingDisplay();  ///< leaves the last state standing
  TrainingDisplay(const TrainingDisplay&) = delete;
  TrainingDisplay& operator=(const TrainingDisplay&) = delete;

  void step_done(const TrainingPosition& position, const StepMetrics& metrics);
  /// Cheap: draws a few times a second at most.
  void activity(std::string_view phase, std::size_t done, std::size_t total);
  /// A sentence above the block: a checkpoint written, a roll-back, a resume.
  void say(std::string_view text);

 private:
  void draw();
  void erase();
  double seconds() const;

  static constexpr Duration kBetweenLines = std::chrono::seconds(10);
  static constexpr Duration kBetweenFrames = std::chrono::milliseconds(200);
  std::FILE* out_;
  const Clock& clock_;
  bool watched_;
  ProgressHistory history_;
  Activity activity_;
  TimePoint started_, step_started_;
  std::optional<TimePoint> last_drawn_;
  std::size_t lines_drawn_ = 0;
};

}  // namespace xrouter::trainer
