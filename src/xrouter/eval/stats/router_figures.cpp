#include "xrouter/eval/stats/router_figures.hpp"

#include <algorithm>
#include <cmath>

namespace xrouter::eval::stats {

double arena_score(double accuracy, double usd_per_1000, const ArenaScale& scale) {
  const double range = std::log2(scale.dearest) - std::log2(scale.cheapest);
  const double raw = usd_per_1000 <= 0 ? 1 : (std::log2(scale.dearest) - std::log2(usd_per_1000)) / range;
  const double cheapness = std::clamp(raw, 0.0, 1.0);
  const double below = scale.beta * accuracy + cheapness;
  return below <= 0 ? 0 : (1 + scale.beta) * accuracy * cheapness / below;
}

std::optional<double> cost_utility(double accuracy, double mean_cost_usd) {
  return mean_cost_usd <= 0 ? std::nullopt : std::optional(accuracy / mean_cost_usd);
}

double reward_multiplicative(double score, double cost_usd, const RewardForm& form) {
  return score * (form.k - std::min(form.lambda * cost_usd, form.most));
}

double reward_subtractive(double score, double cost_usd, const RewardForm& form) {
  return score - std::min(form.lambda * cost_usd, form.most);
}

double area_under_curve(std::span<const StrongShare> curve) {
  double area = 0;
  for (std::size_t i = 1; i < curve.size(); ++i)
    area += (curve[i].share - curve[i - 1].share) * (curve[i].quality + curve[i - 1].quality) / 2;
  return area;
}

std::optional<double> apgr(std::span<const StrongShare> curve, const TwoModels& models) {
  if (curve.size() < 2 || models.strong == models.weak) return std::nullopt;
  const double span = curve.back().share - curve.front().share;
  if (span <= 0) return std::nullopt;
  return (area_under_curve(curve) - models.weak * span) / ((models.strong - models.weak) * span);
}

std::optional<double> call_performance_threshold(std::span<const StrongShare> curve, const TwoModels& models, double wanted) {
  if (models.strong == models.weak) return std::nullopt;
  const auto recovered = [&](const StrongShare& point) { return (point.quality - models.weak) / (models.strong - models.weak); };
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double here = recovered(curve[i]);
    if (here < wanted) continue;
    if (i == 0) return curve[0].share;
    const double before = recovered(curve[i - 1]);
    return curve[i - 1].share + (curve[i].share - curve[i - 1].share) * (wanted - before) / (here - before);
  }
  return std::nullopt;
}

}  // namespace xrouter::eval::stats
