// Tells early that a run falls apart: its entropy dies, it calls one model only or none, it babbles, its reward drops.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::rl {

/// A limit that is empty is not watched.
struct AlarmOptions {
  std::optional<double> min_entropy = 0.02;          ///< nats per choice
  std::optional<double> max_top_model_share = 0.97;  ///< of the calls
  std::optional<double> min_call_share = 0.05;       ///< episodes with a call
  std::optional<double> max_call_share = {};
  std::optional<double> max_length_growth = 3;   ///< router tokens per episode, against their running mean
  std::optional<double> max_reward_drop = 0.15;  ///< below the best running mean so far
  std::optional<double> max_mismatch_kl = 0.01;
  int calm_steps = 10;  ///< at the start of a stage, only what is not finite counts
  int patience = 5;     ///< bad steps in a row until roll_back; the first one warns
  int recovery = 3;     ///< good steps in a row until a sign is forgotten
};

/// Errors: config.
Result<void> check(const AlarmOptions& options);

/// Means over one step.
struct StepSigns {
  double loss = 0, grad_norm = 0;
  double entropy = 0;
  double top_model_share = 0, call_share = 0;
  double router_tokens = 0;  ///< per episode
  double reward = 0;
  double mismatch_kl = 0;
};

enum class AlarmLevel { none, warn, roll_back };

struct Alarm {
  AlarmLevel level = AlarmLevel::none;
  std::vector<std::string> reasons = {};  ///< "entropy 0.011 is below 0.02 (3 steps)"
};

/// A sign that comes and goes does not roll back a run: it must stay for `patience` steps, and is forgotten only after
/// `recovery` good ones. What is not finite rolls back at once.
class Alarms {
 public:
  explicit Alarms(AlarmOptions options) : options_(options) {}
  Alarm observe(const StepSigns& signs);
  /// After a roll-back: forgets all signs and waits for calm_steps again; the best reward stays.
  void reset();

  /// For checkpoints. Errors: config.
  std::string to_json() const;
  Result<void> restore(std::string_view json);

 private:
  static constexpr std::size_t kSigns = 7;
  struct Sign {
    int bad = 0, good = 0;
  };
  bool sustained(Sign& sign, bool bad) const;

  AlarmOptions options_;
  std::array<Sign, kSigns> signs_{};
  std::int64_t steps_ = 0;
  double mean_length_ = 0, mean_reward_ = 0;
  std::optional<double> best_reward_ = {};
};

}  // namespace xrouter::rl
