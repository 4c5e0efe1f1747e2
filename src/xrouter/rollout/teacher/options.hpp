// Which behaviours the warm start shows, and how often.
#pragma once

#include "xrouter/base/result.hpp"

namespace xrouter::rollout {

/// Relative weights. What one plan gets is its weight times exp(expected reward / temperature), so a plan is shown more
/// where it pays; see draw_plan.
struct PlanWeights {
  double final_call = 1;    ///< one call whose answer goes to the user as it is
  double look = 0.5;        ///< a call whose answer is read: selected, or another model is asked
  double pair = 0.4;        ///< two calls at once: selected where they agree, else another model is asked
  double cheapest = 0.03;   ///< always the cheapest model, whatever it can do: a boundary of the curve
  double strongest = 0.03;  ///< always the strongest model: the other boundary
  double direct = 3;        ///< an answer without a call; only for questions of the stratum `direct`
};

struct TeacherOptions {
  PlanWeights weights = {};
  /// What a plan is expected to earn rests on a belief in each model: this share is whether it was right on this very
  /// question, the rest its accuracy on such questions. 1 would teach to match the odds of a lucky cheap model.
  double hindsight = 0.5;
  double temperature = 0.1;  ///< in units of reward; small: only the best plan is shown
  /// Reading an answer tells something of its worth, not all: of `look` plans that doubt an answer (or trust it), this
  /// share does so because it is wrong (or right), the rest for what can be seen: whether there is a final answer at all.
  double insight = 0.7;
  double check = 0.3;        ///< share of doubts that ask a second cheap model for comparison, instead of a stronger one for good
  double trust_agreement = 0.97;  ///< share of agreeing answers that are selected
  double success = 1;        ///< K of the reward
  double cost_weight = 1;    ///< lambda for each unit of the episode's cost weight
  double penalty_cap = 0.8;
};

/// Errors: config, naming the option.
Result<void> check(const TeacherOptions& options);

}  // namespace xrouter::rollout
