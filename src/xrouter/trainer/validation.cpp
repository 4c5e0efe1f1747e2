#include "xrouter/trainer/validation.hpp"

#include <algorithm>

#include "xrouter/base/rng.hpp"
#include "xrouter/rollout/behaviour.hpp"
#include "xrouter/trainer/stages/rewards.hpp"

namespace xrouter::trainer {
namespace {

using rollout::Group;
using rollout::Verdict;

constexpr double kThousand = 1000;

struct Tally {
  std::size_t samples = 0, right = 0;
  double usd = 0;
};

double mean_of(const std::vector<ValidationPoint>& points, double ValidationPoint::*figure) {
  double sum = 0;
  for (const ValidationPoint& point : points) sum += point.*figure;
  return points.empty() ? 0 : sum / static_cast<double>(points.size());
}

double score_of(BestBy by, const std::vector<ValidationPoint>& points) {
  if (by == BestBy::accuracy) return mean_of(points, &ValidationPoint::accuracy);
  return mean_of(points, by == BestBy::reward ? &ValidationPoint::reward : &ValidationPoint::hull_margin);
}

}  // namespace

Validation::Validation(const StageContext& context) : context_(context) {
  const auto wanted = static_cast<std::size_t>(context.config.validation.samples);
  const std::size_t all = context.episodes.size(SampleUse::validation);
  samples_ = wanted == 0 ? all : std::min(all, wanted);
  std::map<std::string, std::vector<std::size_t>> by_benchmark;
  for (std::size_t i = 0; i < samples_; ++i) by_benchmark[context.episodes.benchmark(SampleUse::validation, i)].push_back(i);
  for (const auto& [name, members] : by_benchmark) add_benchmark(name, members, by_benchmark.size() == 1);
}

void Validation::add_benchmark(const std::string& name, const std::vector<std::size_t>& members, bool only) {
  std::map<std::string, Tally> singles;
  for (const std::size_t index : members)
    for (const RecordedResult& result : context_.episodes.recorded(SampleUse::validation, index)) {
      Tally& tally = singles[result.model];
      ++tally.samples;
      tally.right += result.right;
      tally.usd += result.cost.to_double();
    }
  std::vector<eval::stats::Point> points;
  const double count = static_cast<double>(members.size());
  for (const auto& [model, tally] : singles) {
    if (tally.samples != members.size()) continue;  // not comparable: it answered other questions
    points.push_back({.cost = tally.usd / count, .quality = static_cast<double>(tally.right) / count});
    baselines_.push_back({.name = only ? model : name + ": " + model,
                          .single_model = only,
                          .accuracy = points.back().quality,
                          .usd_per_1000 = points.back().cost * kThousand});
  }
  hulls_[name] = eval::stats::non_decreasing_hull(std::move(points));
}

double Validation::hull_margin(std::span<const Group> groups) const {
  std::map<std::string, Tally> mine;
  for (const Group& group : groups) {
    Tally& tally = mine[context_.episodes.benchmark(SampleUse::validation, group.sample)];
    for (const rollout::Rollout& rollout : group.rollouts) {
      ++tally.samples;
      tally.right += rollout.verdict == Verdict::right;
      tally.usd += (rollout.router_cost + rollout.target_cost).to_double();
    }
  }
  double sum = 0, weight = 0;
  for (const auto& [name, tally] : mine) {
    const Hull& hull = hulls_.at(name);
    if (hull.empty() || tally.samples == 0) continue;
    const double count = static_cast<double>(tally.samples);
    sum += static_cast<double>(tally.right) - count * eval::stats::height(hull, tally.usd / count);
    weight += count;
  }
  return weight > 0 ? sum / weight : 0;
}

ValidationPoint Validation::point_of(double cost_weight, std::span<const Group> groups, const rl::CostQuantiles& quantiles) const {
  const rollout::Behaviour behaviour = rollout::behaviour_of(groups);
  ValidationPoint point{.cost_weight = cost_weight, .accuracy = behaviour.success};
  point.usd_per_1000 = (behaviour.router_cost + behaviour.target_cost).to_double() / static_cast<double>(std::max<std::size_t>(1, behaviour.rollouts)) * kThousand;
  if (behaviour.reference_cost > Usd::zero()) point.cost_ratio = behaviour.cost_with_reference.to_double() / behaviour.reference_cost.to_double();
  double reward = 0, scored = 0;
  for (const Group& group : groups)
    for (const rl::Member& member : members_of(context_.config.reward.options, group, quantiles)) {
      if (!member.scored) continue;
      reward += member.reward.total;
      ++scored;
    }
  point.reward = scored > 0 ? reward / scored : 0;
  point.hull_margin = hull_margin(groups);
  return point;
}

Result<ValidationResult> Validation::run(TrainerState& state) {
  std::vector<rollout::WorkItem> items;
  for (const double weight : context_.config.validation.cost_weights)
    for (std::size_t i = 0; i < samples_; ++i)
      items.push_back({.sample = i, .cost_weight = weight, .rollouts = 1, .seed = Rng(context_.config.seed).fork("validation", i).next()});
  const auto now = static_cast<std::uint64_t>(state.step);
  const PlayOptions options{.use = SampleUse::validation, .temperature = 0, .drawn_at = now, .version = "step-" + std::to_string(now)};
  const auto groups = play_on_all(context_, items, options);
  if (!groups) return fail(groups.error());
  count_costs(state, *groups);
  ValidationResult result;
  std::size_t begin = 0;
  for (const double weight : context_.config.validation.cost_weights) {
    result.points.push_back(point_of(weight, std::span(*groups).subspan(begin, samples_), state.quantiles));
    begin += samples_;
  }
  result.score = score_of(context_.config.validation.best_by, result.points);
  return result;
}

}  // namespace xrouter::trainer
