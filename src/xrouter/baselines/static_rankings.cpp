#include "xrouter/baselines/static_rankings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "xrouter/base/rng.hpp"
#include "xrouter/corpus/text_key.hpp"

namespace xrouter::baselines {
namespace {

// Chance that is the same whenever the same question is asked, in any order and on any thread.
Rng rng_of(const RankingInput& input, std::string_view purpose) { return Rng(input.seed).fork(purpose, corpus::text_key(input.text)); }

template <class Before>
std::vector<RankedModel> sorted(const Models& offered, const TrainStats& stats, Before before) {
  struct Entry {
    const ModelSpec* model;
    double accuracy;
    double cost;
  };
  std::vector<Entry> entries;
  for (const ModelSpec* model : offered) entries.push_back({model, stats.of(*model).accuracy, mean_cost_usd(stats, *model)});
  std::stable_sort(entries.begin(), entries.end(), before);
  std::vector<RankedModel> out;
  for (const Entry& entry : entries) out.push_back({.model = entry.model, .success = entry.accuracy});
  return out;
}

std::vector<HullPoint> points_of(const Models& offered, const TrainStats& stats) {
  std::vector<HullPoint> points;
  for (const ModelSpec* model : offered) points.push_back({model, mean_cost_usd(stats, *model), stats.of(*model).accuracy});
  return points;
}

// The two models next to the target, the wanted one first.
std::vector<RankedModel> mix_for(const std::vector<HullPoint>& hull, double target, Rng rng) {
  std::size_t upper = 1;
  while (upper + 1 < hull.size() && hull[upper].cost < target) ++upper;
  const HullPoint& cheap = hull[upper - 1];
  const HullPoint& dear = hull[upper];
  const double share = std::clamp((target - cheap.cost) / (dear.cost - cheap.cost), 0.0, 1.0);
  const RankedModel first{.model = cheap.model, .success = cheap.accuracy};
  const RankedModel second{.model = dear.model, .success = dear.accuracy};
  // A share of 1 must not miss by a rounding error, nor a share of 0 hit.
  return rng.uniform() < share ? std::vector{second, first} : std::vector{first, second};
}

}  // namespace

Ranking cheapest_first(std::shared_ptr<const TrainStats> stats) {
  return [stats = std::move(stats)](const RankingInput& input) {
    return sorted(input.offered, *stats, [](const auto& a, const auto& b) { return a.cost < b.cost; });
  };
}

Ranking strongest_first(std::shared_ptr<const TrainStats> stats) {
  return [stats = std::move(stats)](const RankingInput& input) {
    return sorted(input.offered, *stats, [](const auto& a, const auto& b) { return std::pair(-a.accuracy, a.cost) < std::pair(-b.accuracy, b.cost); });
  };
}

Ranking random_mix() {
  return [](const RankingInput& input) {
    Rng rng = rng_of(input, "random-mix");
    std::vector<RankedModel> out;
    for (const ModelSpec* model : input.offered) out.push_back({.model = model});
    for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[rng.below(i)]);
    return out;
  };
}

std::vector<HullPoint> hull_of(std::vector<HullPoint> points) {
  std::erase_if(points, [](const HullPoint& p) { return p.cost == std::numeric_limits<double>::max(); });
  // Of equal costs the most accurate comes first and hides the others.
  std::stable_sort(points.begin(), points.end(), [](const HullPoint& a, const HullPoint& b) { return std::pair(a.cost, -a.accuracy) < std::pair(b.cost, -b.accuracy); });
  std::vector<HullPoint> hull;
  for (const HullPoint& point : points) {
    if (!hull.empty() && point.accuracy <= hull.back().accuracy) continue;
    const auto below_chord = [&] {
      const HullPoint& a = hull[hull.size() - 2];
      const HullPoint& b = hull.back();
      return (b.accuracy - a.accuracy) * (point.cost - a.cost) <= (point.accuracy - a.accuracy) * (b.cost - a.cost);
    };
    while (hull.size() >= 2 && below_chord()) hull.pop_back();
    hull.push_back(point);
  }
  return hull;
}

Ranking hull_mix(std::shared_ptr<const TrainStats> stats) {
  return [stats, strongest = strongest_first(stats)](const RankingInput& input) {
    const std::vector<HullPoint> hull = hull_of(points_of(input.offered, *stats));
    if (hull.size() < 2) return strongest(input);
    const double cheapest = std::max(hull.front().cost, 1e-12);  // a free model: a pico-dollar keeps the logarithm finite
    const double target = cheapest * std::pow(hull.back().cost / cheapest, 1 / (1 + input.cost_weight));
    return mix_for(hull, target, rng_of(input, "hull-mix"));
  };
}

}  // namespace xrouter::baselines
