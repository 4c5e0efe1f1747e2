// Which behaviours the warm start shows, and how often.
#pragma once

#include "xrouter/base/result.hpp"

namespace xrouter::rollout {

/// Relative weights: a kind of plan gets its weight times exp(what its best plan is expected to earn / temperature), so
/// that it is shown more where it pays.
struct PlanWeights {
  double final_call = 1;  ///< one call whose answer goes to the user as it is
  double look = 0.5;      ///< a call whose answer is read: selected, or another model is asked
  double pair = 0.4;      ///< two calls at once: selected where they agree, else another model is asked
  double direct = 3;      ///< an answer without a call; only for questions of the stratum `direct`
  // Shares of all plans, whatever they earn: the two ends of the curve.
  double cheapest = 0.02;   ///< always the model with the lowest price, whatever it can do
  double strongest = 0.02;  ///< always the model with the best accuracy
};

struct TeacherOptions {
  PlanWeights weights = {};
  /// What a plan is expected to earn rests on a belief in each model: this share is whether it was right on this very
  /// question, the rest its accuracy on such questions. 1 would teach to match the odds of a lucky cheap model.
  double hindsight = 0.5;
  double temperature = 0.1;  ///< in units of reward; small: only the best plan is shown
  /// Reading an answer tells something of its worth, not all. So many of the plans that look take an answer because it
  /// was right and doubt it because it was wrong; the others go by whether it states an answer at all.
  double insight = 0.7;
  double check = 0.3;             ///< share of doubts that ask a second cheap model for comparison, instead of a better one for good
  double trust_agreement = 0.97;  ///< share of agreeing answers that are selected
  double success = 1;             ///< K of the reward
  double cost_weight = 1;         ///< lambda for each unit of the episode's cost weight
  double penalty_cap = 0.8;       ///< beyond it a success loses its rest slowly: cost goes on to count
};

/// Errors: config, naming the option.
Result<void> check(const TeacherOptions& options);

}  // namespace xrouter::rollout
