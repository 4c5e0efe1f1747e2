// Learned predictions of what each model would do with a question, and the choice that follows from them.
#pragma once

#include "xrouter/baselines/ranking.hpp"
#include "xrouter/baselines/train_stats.hpp"

namespace xrouter::baselines {

/// Fitted on split train. Immutable: shared by threads.
class Estimator {
 public:
  virtual ~Estimator() = default;
  /// One estimate a model, in order.
  virtual std::vector<Estimate> estimate(std::string_view text, const Models& models) const = 0;
};

/// Ranks by success - cost_weight * cost_scale * expected cost / expected cost of the model most likely right: cost weight and
/// scale mean what they mean in the n-gram policy. A model of unknown price counts like the dearest known one.
Ranking by_value(std::shared_ptr<const Estimator> estimator, std::shared_ptr<const TrainStats> stats, double cost_scale);

/// The same for estimates that are there already.
std::vector<RankedModel> ranked_by_value(const Models& models, const std::vector<Estimate>& estimates, double input_tokens, double weight);

/// The scale whose choices at weight 1 cost least on split dev among those that lose at most `allowed_loss` of accuracy against
/// the best single model, as a mean over the groups; the one that loses least when none does.
double tuned_cost_scale(const Estimator& estimator, const TrainStats& stats, const train::OutcomeData& data, double allowed_loss = 0.01);

}  // namespace xrouter::baselines
