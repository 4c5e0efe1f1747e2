// The figures by which published routers are compared. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace xrouter::eval::stats {

struct ArenaScale {
  double beta = 0.1;
  double dearest = 200;     ///< USD per 1,000 queries that count as cost score 0
  double cheapest = 0.0044; ///< and as 1
};
/// RouterArena's S: a weighted harmonic mean of accuracy and a logarithmic cost score, which is
/// clamped to [0, 1]. A cost of 0 is the cheapest there is.
double arena_score(double accuracy, double usd_per_1000, const ArenaScale& scale = {});

/// The seed's U = accuracy / mean cost in USD. nullopt at cost 0. Dominated by the cheapest model
/// and not comparable between scales: kept for comparison with its figures only.
std::optional<double> cost_utility(double accuracy, double mean_cost_usd);

/// The seed's reward: score * (K - min(lambda * cost, most)); a wrong answer pays nothing for its cost.
struct RewardForm {
  double lambda = 3;  ///< 1/USD
  double k = 1;
  double most = 0.8;
};
double reward_multiplicative(double score, double cost_usd, const RewardForm& form);
/// score - min(lambda * cost, most).
double reward_subtractive(double score, double cost_usd, const RewardForm& form);

/// A router between two models at one threshold.
struct StrongShare {
  double share = 0;  ///< of the calls that go to the strong model
  double quality = 0;
};
struct TwoModels {
  double weak = 0;    ///< quality of the weak model alone
  double strong = 0;
};
/// Area under the quality curve, by trapezoids over the shares given. Points by rising share.
double area_under_curve(std::span<const StrongShare> curve);
/// Average performance gap recovered. nullopt when the models do not differ or the curve has no width.
std::optional<double> apgr(std::span<const StrongShare> curve, const TwoModels& models);
/// Least share of strong calls with which the recovered gap first reaches `wanted` (0.5 for 50 %),
/// linear between points. nullopt when it never does, or the models do not differ.
std::optional<double> call_performance_threshold(std::span<const StrongShare> curve, const TwoModels& models, double wanted);

}  // namespace xrouter::eval::stats
