// Rankings that know each model's means and nothing of the question.
#pragma once

#include "xrouter/baselines/ranking.hpp"
#include "xrouter/baselines/train_stats.hpp"

namespace xrouter::baselines {

/// By mean cost, cheapest first.
Ranking cheapest_first(std::shared_ptr<const TrainStats> stats);
/// By accuracy, best first; of equals the cheaper one.
Ranking strongest_first(std::shared_ptr<const TrainStats> stats);
/// A shuffle that depends on the seed and the question's normalised text only.
Ranking random_mix();

/// A model as a point of the cost-accuracy plane.
struct HullPoint {
  const ModelSpec* model = nullptr;
  double cost = 0;
  double accuracy = 0;
};

/// The upper concave envelope of the points from the cheapest to the most accurate one, by rising cost. Every
/// point of a segment is reached by choosing between its two ends at random. Points of unknown cost are left out.
std::vector<HullPoint> hull_of(std::vector<HullPoint> points);

/// Chooses at random between the two models of the hull next to a target cost, so that the expected cost is the
/// target. Weight 0 aims at the most accurate model, a growing weight at cheaper ones: the target is
/// cheapest * (dearest / cheapest)^(1 / (1 + weight)). The choice depends on the seed and the question's text only.
Ranking hull_mix(std::shared_ptr<const TrainStats> stats);

}  // namespace xrouter::baselines
