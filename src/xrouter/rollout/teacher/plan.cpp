#include "xrouter/rollout/teacher/plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/policy/price_scale.hpp"
#include "xrouter/rollout/teacher/plan_value.hpp"

namespace xrouter::rollout {
namespace {

const ModelId& shown(const Asked& model) { return model.known->model->id; }

/// All plans over the models of one task that read what comes back.
class ReadingPlans {
 public:
  ReadingPlans(const PlanValue& value, const EpisodeLimits& limits, std::vector<Candidate>& all)
      : value_(value), limits_(limits), all_(all) {
    for (std::size_t i = 0; i < value.asked().size(); ++i)
      if (value.asked()[i].comparable) models_.push_back(i);
    // A pair names the cheaper model first: of two orders that earn the same, one is easier to learn than both.
    std::stable_sort(models_.begin(), models_.end(), [&](std::size_t a, std::size_t b) { return price_of(a) < price_of(b); });
  }

  void add_looks() {
    for (const std::size_t first : models_)
      for (const std::size_t last : models_)
        if (last != first) add({.kind = PlanKind::look, .first = id(first), .last = id(last)}, value_.of_look(first, last));
  }

  void add_pairs() {
    if (limits_.max_calls_per_turn < 2 || limits_.max_calls < 3) return;  // both, and one that decides between them
    std::vector<Valued> pairs = all_pairs();
    for (const Valued& each : pairs) add(plan_of(each.pair), each.reward);
    if (limits_.max_turns < 3 || limits_.max_calls < 4) return;
    // A fourth answer adds little to a pair, so only the best ones get it: there are many.
    std::stable_sort(pairs.begin(), pairs.end(), [](const Valued& a, const Valued& b) { return a.reward > b.reward; });
    pairs.resize(std::min(kWithFallback, pairs.size()));
    for (const Valued& each : pairs)
      for (const Doubt doubt : {Doubt::no_answer, Doubt::no_agreement}) add_best_fallback(each, doubt);
  }

 private:
  struct Valued {
    PlanValue::Pair pair;
    double reward = 0;
  };
  static constexpr std::size_t kWithFallback = 16;

  double price_of(std::size_t model) const { return policy::blended_price(*value_.asked()[model].known->model); }
  const ModelId& id(std::size_t model) const { return shown(value_.asked()[model]); }
  void add(Plan plan, double reward) { all_.push_back({.plan = std::move(plan), .reward = reward}); }

  std::vector<Valued> all_pairs() const {
    std::vector<Valued> pairs;
    for (std::size_t i = 0; i < models_.size(); ++i) {
      for (std::size_t j = i + 1; j < models_.size(); ++j) {
        for (const std::size_t last : models_) {
          if (last == models_[i] || last == models_[j]) continue;
          const PlanValue::Pair pair{.first = models_[i], .second = models_[j], .last = last};
          pairs.push_back({.pair = pair, .reward = value_.of_pair(pair)});
        }
      }
    }
    return pairs;
  }

  Plan plan_of(const PlanValue::Pair& pair) const {
    Plan plan{.kind = PlanKind::pair, .first = id(pair.first), .second = id(pair.second), .last = id(pair.last)};
    if (!pair.fallback) return plan;
    plan.fallback = id(pair.fallback->model);
    plan.doubt = pair.fallback->doubt;
    return plan;
  }

  /// None where a fourth answer would not pay.
  void add_best_fallback(Valued best, Doubt doubt) {
    PlanValue::Pair pair = best.pair;
    for (const std::size_t model : models_) {
      if (model == pair.last) continue;
      pair.fallback = PlanValue::Fallback{.model = model, .doubt = doubt};
      const double reward = value_.of_pair(pair);
      if (reward > best.reward) best = {.pair = pair, .reward = reward};
    }
    if (best.pair.fallback) add(plan_of(best.pair), best.reward);
  }

  const PlanValue& value_;
  const EpisodeLimits& limits_;
  std::vector<Candidate>& all_;
  std::vector<std::size_t> models_;
};

double weight_of(PlanKind kind, const PlanWeights& weights) {
  switch (kind) {
    case PlanKind::final_call:
      return weights.final_call;
    case PlanKind::look:
      return weights.look;
    case PlanKind::pair:
      return weights.pair;
    case PlanKind::direct:
      return weights.direct;
    case PlanKind::cheapest:
      return weights.cheapest;
    case PlanKind::strongest:
      return weights.strongest;
  }
  return 0;
}

/// Index by odds that need not sum to 1.
std::size_t draw(const std::vector<double>& odds, Rng& rng) {
  double sum = 0;
  for (const double each : odds) sum += each;
  double left = rng.uniform() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    if (odds[i] <= 0) continue;
    last = i;
    left -= odds[i];
    if (left < 0) break;
  }
  return last;
}

/// Relative to the best of those that may be drawn.
std::vector<double> odds_of(const std::vector<Candidate>& all, const TeacherOptions& options) {
  double best = 0;
  for (const Candidate& candidate : all)
    if (weight_of(candidate.plan.kind, options.weights) > 0) best = std::max(best, candidate.reward);
  std::vector<double> odds;
  for (const Candidate& candidate : all) odds.push_back(std::exp((candidate.reward - best) / options.temperature));
  return odds;
}

PlanKind draw_kind(const std::vector<Candidate>& all, const std::vector<double>& odds, const TeacherOptions& options, Rng& rng) {
  constexpr std::array kKinds{PlanKind::final_call, PlanKind::look, PlanKind::pair, PlanKind::direct};
  std::vector<double> of_kinds;
  for (const PlanKind kind : kKinds) {
    double most = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].plan.kind == kind) most = std::max(most, odds[i]);
    const double weight = weight_of(kind, options.weights);
    of_kinds.push_back(weight > 0 ? most * weight : 0);
  }
  return kKinds[draw(of_kinds, rng)];
}

const Candidate& draw_candidate(const std::vector<Candidate>& all, const TeacherOptions& options, Rng& rng) {
  std::vector<double> odds = odds_of(all, options);
  const PlanKind kind = draw_kind(all, odds, options, rng);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].plan.kind != kind) odds[i] = 0;
  return all[draw(odds, rng)];
}

Plan cheapest_call(const Task& task) {
  const auto cheaper = [](const KnownOutcome& a, const KnownOutcome& b) { return policy::blended_price(*a.model) < policy::blended_price(*b.model); };
  return {.kind = PlanKind::cheapest, .first = std::min_element(task.outcomes.begin(), task.outcomes.end(), cheaper)->model->id};
}

Plan strongest_call(const PlanValue& value) {
  const auto weaker = [](const Asked& a, const Asked& b) { return a.accuracy < b.accuracy; };
  return {.kind = PlanKind::strongest, .first = shown(*std::max_element(value.asked().begin(), value.asked().end(), weaker))};
}

std::vector<Candidate> candidates_of(const Task& task, const PlanValue& value, const TeacherOptions& options) {
  std::vector<Candidate> all;
  const bool direct = task.stratum == samples::Stratum::direct;
  if (direct && !value.asked().empty())
    all.push_back({.plan = {.kind = PlanKind::direct, .answer = task.outcomes.front().response}, .reward = options.success});
  for (std::size_t i = 0; i < value.asked().size(); ++i)
    all.push_back({.plan = {.kind = PlanKind::final_call, .first = shown(value.asked()[i])}, .reward = value.of_call(i)});
  const EpisodeLimits& limits = task.spec.limits;
  if (direct || task.spec.mode != Mode::agent || limits.max_turns < 2 || limits.max_calls < 2) return all;
  ReadingPlans reading(value, limits, all);
  reading.add_looks();
  reading.add_pairs();
  return all;
}

}  // namespace

std::string_view to_text(PlanKind kind) {
  constexpr std::array<std::string_view, 6> kNames{"final_call", "look", "pair", "direct", "cheapest", "strongest"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<Candidate> candidates_of(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options) {
  return candidates_of(task, PlanValue(task, cost_weight, table, options), options);
}

Plan draw_plan(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options, Rng& rng) {
  XROUTER_ASSERT(!task.outcomes.empty(), "a plan is made from recorded outcomes");
  const double end_of_the_curve = rng.uniform();
  if (end_of_the_curve < options.weights.cheapest) return cheapest_call(task);
  const PlanValue value(task, cost_weight, table, options);
  if (end_of_the_curve < options.weights.cheapest + options.weights.strongest) return strongest_call(value);
  return draw_candidate(candidates_of(task, value, options), options, rng).plan;
}

}  // namespace xrouter::rollout
