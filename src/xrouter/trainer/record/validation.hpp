// Validation as a run keeps it: points of one policy over the cost weight, and what they are compared with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/metrics.hpp"

namespace xrouter::trainer {

/// The policy at one cost weight, on the whole validation set.
struct ValidationPoint {
  double cost_weight = 0;
  double accuracy = 0;
  double usd_per_1000 = 0;
  double cost_ratio = 0;  ///< to the reference model
  double reward = 0;
  double hull_margin = 0;  ///< accuracy above the static hull at the same cost
};

/// A system that does not learn, on the same questions; once for the run.
struct ValidationBaseline {
  std::string name;           ///< a model's id, or "agreement cascade"
  bool single_model = false;  ///< its hull is drawn
  double accuracy = 0;
  double usd_per_1000 = 0;
};

/// A member of validation/*, and of families by cost weight: "0.5".
std::string cost_weight_name(double cost_weight);

/// Sets the members of validation/*, and the score.
void set_validation(StepMetrics& metrics, const std::vector<ValidationPoint>& points, double score);
/// What set_validation put there, ascending by cost weight; empty for a step without validation.
std::vector<ValidationPoint> validation_of(const StepMetrics& metrics);

inline constexpr std::string_view kBaselinesFile = "baselines.json";
std::string baselines_json(const std::vector<ValidationBaseline>& baselines);
/// Errors: config.
Result<std::vector<ValidationBaseline>> parse_baselines(std::string_view json);

}  // namespace xrouter::trainer
