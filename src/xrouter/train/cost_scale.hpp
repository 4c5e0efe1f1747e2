// What cost_weight 1 means, chosen without the test split.
#pragma once

#include <vector>

#include "xrouter/train/held_out.hpp"
#include "xrouter/train/outcome_data.hpp"
#include "xrouter/train/route_report.hpp"

namespace xrouter::train {

struct CostScaleTrial {
  float scale = 0;
  double mean_loss = 0;          ///< points of accuracy below the best single model, mean over groups
  double mean_cost_share = 0;    ///< of the best single model's cost, mean over groups
};

/// The cost scale with the least cost among those that lose at most `allowed_loss` of accuracy
/// against the best single model, as a mean over the groups; the one that loses least when none does.
/// On splits train and dev with held-out predictions. Sets it in `parameters` and returns every trial.
std::vector<CostScaleTrial> choose_cost_scale(const OutcomeData& data, const HeldOutModels& held_out, policy::NgramModel::Parameters& parameters,
                                              double allowed_loss);

}  // namespace xrouter::train
