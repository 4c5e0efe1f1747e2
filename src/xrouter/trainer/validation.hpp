// The policy on a fixed set of samples, as it would serve: the likeliest decision, at several cost weights; beside what
// the single models of the same samples do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "xrouter/eval/stats/hull.hpp"
#include "xrouter/trainer/record/validation.hpp"
#include "xrouter/trainer/stages/stage.hpp"

namespace xrouter::trainer {

struct ValidationResult {
  std::vector<ValidationPoint> points;
  double score = 0;  ///< by ValidationConfig::best_by
};

class Validation {
 public:
  /// The context outlives it.
  explicit Validation(const StageContext& context);
  bool empty() const { return samples_ == 0; }

  /// Every process takes part and gets the same; what it costs is counted in `state`. Errors: those of Episodes::play.
  Result<ValidationResult> run(TrainerState& state);
  /// Each model that is recorded on all samples, under its id, else on all samples of a benchmark, under "benchmark: id".
  const std::vector<ValidationBaseline>& baselines() const { return baselines_; }

 private:
  using Hull = std::vector<eval::stats::Point>;  // USD of a question, share of right ones
  void add_benchmark(const std::string& name, const std::vector<std::size_t>& members, bool only);
  ValidationPoint point_of(double cost_weight, std::span<const rollout::Group> groups, const rl::CostQuantiles& quantiles) const;
  double hull_margin(std::span<const rollout::Group> groups) const;

  const StageContext& context_;
  std::size_t samples_ = 0;
  std::map<std::string, Hull> hulls_;  // by benchmark
  std::vector<ValidationBaseline> baselines_;
};

}  // namespace xrouter::trainer
