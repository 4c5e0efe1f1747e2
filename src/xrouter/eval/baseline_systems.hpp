// The honest comparisons as Systems.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/baselines/baseline.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::eval {

/// What fitting needs; shared by all baselines of a run.
struct BaselineSource {
  std::shared_ptr<const baselines::FitData> data;
  baselines::FitOptions options = {};
  std::string fingerprint = {};  ///< of data and weights
};

/// "baseline:<name>" at the configuration's cost weight. One that the weight moves gives a point more
/// for every weight of `curve`: "baseline:<name>@<weight>", all of family <name>.
/// Errors: those of fit_baseline.
Result<std::vector<System>> baseline_systems(std::string_view name, const BaselineSource& source, double cost_weight,
                                             const std::vector<double>& curve);

/// `system` at other cost weights, one for each: "<id>@<weight>", with it in one family.
std::vector<System> swept(const System& system, const std::string& family, double own_weight, const std::vector<double>& weights);

}  // namespace xrouter::eval
