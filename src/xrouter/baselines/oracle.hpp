// The upper bound: who knows every outcome beforehand.
#pragma once

#include <unordered_map>

#include "xrouter/baselines/ranking.hpp"
#include "xrouter/train/outcome_data.hpp"

namespace xrouter::baselines {

/// More models than this, and by luck one of many weak ones is always right: the bound would mean nothing.
inline constexpr std::size_t kOracleModels = 12;

/// NOT a policy that anybody can deploy: it looks the outcomes of the question up, test split included. The
/// cheapest model that was right, else the cheapest; among the first kOracleModels offered that are recorded.
/// Offered models without a recorded outcome come last. `data` must outlive the ranking.
Ranking oracle_ranking(std::shared_ptr<const train::OutcomeData> data);

}  // namespace xrouter::baselines
