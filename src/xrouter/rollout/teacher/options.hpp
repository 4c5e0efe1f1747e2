// Which behaviours the warm start shows, and how often.
#pragma once

#include "xrouter/base/result.hpp"

namespace xrouter::rollout {

/// Relative weights: a kind of plan gets its weight times exp(what its best plan is expected to earn / temperature), so
/// that it is shown more where it pays.
struct PlanWeights {
  double final_call = 1;  ///< one call whose answer goes to the user as it is
  double look = 1;        ///< a call whose answer is selected when there is one, else another model is asked
  double pair = 1;        ///< two calls at once: selected where they agree, else a third model is asked, and perhaps a fourth
  double direct = 3;      ///< an answer without a call; only for questions of the stratum `direct`
  // Shares of all plans, whatever they earn: the two ends of the curve.
  double cheapest = 0.01;   ///< always the model with the lowest price, whatever it can do
  double strongest = 0.01;  ///< always the model with the best accuracy
};

struct TeacherOptions {
  PlanWeights weights = {};
  /// What a plan is expected to earn: this share is what it would earn on this very question, the rest what it earns on
  /// questions of the kind. 1 would teach to match the odds of a lucky cheap model.
  double hindsight = 0.02;
  /// What a plan earns on all questions that the same models are recorded for counts as much as so many questions of the kind.
  double prior_questions = 300;
  double temperature = 0.003;  ///< in units of reward; small: only the best plan is shown
  double success = 1;         ///< K of the reward
  bool in_dollars = false;    ///< costs count as they are, not as shares of the reference; percentiles it does not know
  double cost_weight = 1;     ///< lambda for each unit of the episode's cost weight
  double penalty_cap = 0.8;   ///< beyond it a success loses its rest slowly: cost goes on to count
};

/// Errors: config, naming the option.
Result<void> check(const TeacherOptions& options);

}  // namespace xrouter::rollout
