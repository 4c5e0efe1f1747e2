#include "xrouter/rollout/teacher/plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/policy/agreement.hpp"

namespace xrouter::rollout {
namespace {

// Two wrong answers to one question that are the same: rare for free answers, one in ten for ten options.
constexpr double kWrongAlike = 0.15;

// The reward's cap makes all costs beyond it alike, and so the dearest models the best at high cost weights. A teacher
// goes on preferring the cheaper one: what is left of the reward shrinks with the cost, and never to nothing.
double worth(const TeacherOptions& options, double right, double penalty) {
  const double beyond = std::max(penalty - options.penalty_cap, 0.0);
  const double left = options.success - std::min(penalty, options.penalty_cap);
  return right * left / (1 + beyond);
}

const ModelId& shown(const Belief& belief) { return belief.known->model->id; }

double list_price(const ModelSpec& model) { return (*model.price.input + *model.price.output).to_double(); }

/// Whom to ask for good after `spent`: the best of those that were not asked yet; null when all were.
const Belief* best_after(const std::vector<Belief>& beliefs, std::initializer_list<const Belief*> asked, double spent,
                         const TeacherOptions& options) {
  const Belief* best = nullptr;
  for (const Belief& belief : beliefs) {
    if (std::find(asked.begin(), asked.end(), &belief) != asked.end()) continue;
    const auto value = [&](const Belief& each) { return worth(options, each.right, spent + each.penalty); };
    if (!best || value(belief) > value(*best)) best = &belief;
  }
  return best;
}

Candidate single_call(const Belief& model, const TeacherOptions& options) {
  return {.plan = {.kind = PlanKind::final_call, .first = shown(model)}, .reward = worth(options, model.right, model.penalty)};
}

/// A second opinion on `first`: cheaper than `last`, the one that is right most often for its price.
const Belief* comparison_for(const std::vector<Belief>& beliefs, const Belief& first, const Belief& last, const TeacherOptions& options) {
  const Belief* best = nullptr;
  const auto value = [&](const Belief& each) { return worth(options, each.right, each.penalty); };
  for (const Belief& belief : beliefs) {
    const bool usable = &belief != &first && &belief != &last && belief.penalty < last.penalty;
    if (usable && (!best || value(belief) > value(*best))) best = &belief;
  }
  return best;
}

// A right answer is nearly always taken. A wrong one is taken where only its looks are judged.
std::optional<Candidate> looking_at(const Belief& first, const std::vector<Belief>& beliefs, const TeacherOptions& options) {
  const Belief* last = best_after(beliefs, {&first}, first.penalty, options);
  if (!last || last->right <= first.right) return std::nullopt;
  const Belief* second = comparison_for(beliefs, first, *last, options);
  const double seen_through = (1 - first.right) * options.insight;
  const double checking = second ? options.check * second->penalty : 0;
  Candidate out{.plan = {.kind = PlanKind::look, .first = shown(first), .last = shown(*last)}};
  if (second) out.plan.second = shown(*second);
  out.reward =
      worth(options, first.right, first.penalty) + worth(options, seen_through * last->right, first.penalty + last->penalty + checking);
  return out;
}

std::optional<Candidate> comparing(const Belief& a, const Belief& b, const std::vector<Belief>& beliefs, const TeacherOptions& options) {
  const double spent = a.penalty + b.penalty;
  const Belief* last = best_after(beliefs, {&a, &b}, spent, options);
  if (!last) return std::nullopt;
  const bool agree = policy::agree(a.known->response, b.known->response);
  const double foresight = 1 - options.hindsight;
  const double both_right = options.hindsight * (agree && a.known->correct ? 1 : 0) + foresight * a.accuracy * b.accuracy;
  const double both_wrong_alike =
      foresight * kWrongAlike * (1 - a.accuracy) * (1 - b.accuracy) + options.hindsight * (agree && !a.known->correct ? 1 : 0);
  const double disagree = 1 - both_right - both_wrong_alike;
  Candidate out{.plan = {.kind = PlanKind::pair, .first = shown(a), .second = shown(b), .last = shown(*last)}};
  out.reward = worth(options, both_right, spent) + worth(options, disagree * last->right, spent + last->penalty);
  return out;
}

void add_reading_plans(std::vector<Candidate>& all, const std::vector<Belief>& beliefs, const EpisodeLimits& limits, const TeacherOptions& options) {
  const auto add = [&](std::optional<Candidate> candidate) {
    if (candidate) all.push_back(std::move(*candidate));
  };
  for (const Belief& belief : beliefs) add(looking_at(belief, beliefs, options));
  if (limits.max_calls_per_turn < 2 || limits.max_calls < 3) return;  // both, and one that decides between them
  for (std::size_t i = 0; i < beliefs.size(); ++i)
    for (std::size_t j = i + 1; j < beliefs.size(); ++j) add(comparing(beliefs[i], beliefs[j], beliefs, options));
}

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

const Candidate& draw_candidate(const std::vector<Candidate>& all, const TeacherOptions& options, Rng& rng) {
  constexpr std::array kKinds{PlanKind::final_call, PlanKind::look, PlanKind::pair, PlanKind::direct};
  double best = 0;
  for (const Candidate& candidate : all) best = std::max(best, candidate.reward);
  const auto odds_of = [&](const Candidate& candidate) { return std::exp((candidate.reward - best) / options.temperature); };
  std::vector<double> kind_odds;
  for (const PlanKind kind : kKinds) {
    double most = 0;
    for (const Candidate& candidate : all)
      if (candidate.plan.kind == kind) most = std::max(most, odds_of(candidate));
    kind_odds.push_back(most * weight_of(kind, options.weights));
  }
  const PlanKind kind = kKinds[draw(kind_odds, rng)];
  std::vector<double> odds;
  for (const Candidate& candidate : all) odds.push_back(candidate.plan.kind == kind ? odds_of(candidate) : 0);
  return all[draw(odds, rng)];
}

Plan to_one(PlanKind kind, const Belief& model) { return {.kind = kind, .first = shown(model)}; }

Plan cheapest_call(const std::vector<Belief>& beliefs) {
  return to_one(PlanKind::cheapest, *std::min_element(beliefs.begin(), beliefs.end(), [](const Belief& a, const Belief& b) {
                  return list_price(*a.known->model) < list_price(*b.known->model);
                }));
}

Plan strongest_call(const std::vector<Belief>& beliefs) {
  return to_one(PlanKind::strongest, *std::max_element(beliefs.begin(), beliefs.end(),
                                                       [](const Belief& a, const Belief& b) { return a.accuracy < b.accuracy; }));
}

Reading reading_of(const Task& task, const ModelId& model, const TeacherOptions& options, Rng& rng) {
  if (!rng.chance(options.insight)) return Reading::by_eye;
  const auto it =
      std::find_if(task.outcomes.begin(), task.outcomes.end(), [&](const KnownOutcome& known) { return known.model->id == model; });
  return it->correct ? Reading::trust : Reading::doubt;
}

}  // namespace

std::string_view to_text(PlanKind kind) {
  constexpr std::array<std::string_view, 6> kNames{"final_call", "look", "pair", "direct", "cheapest", "strongest"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<Belief> beliefs_of(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options) {
  Usd dearest;
  for (const KnownOutcome& known : task.outcomes) dearest = std::max(dearest, known.cost);
  const double reference = std::max(task.reference_cost.value_or(dearest).to_double(), 1e-12);
  std::vector<Belief> beliefs;
  for (const KnownOutcome& known : task.outcomes) {
    Belief belief{.known = &known, .accuracy = accuracy.of(known.original, task.question.domain)};
    belief.right = options.hindsight * (known.correct ? 1 : 0) + (1 - options.hindsight) * belief.accuracy;
    belief.penalty = options.cost_weight * cost_weight * known.cost.to_double() / reference;
    beliefs.push_back(belief);
  }
  return beliefs;
}

std::vector<Candidate> candidates_of(const Task& task, const std::vector<Belief>& beliefs, const TeacherOptions& options) {
  std::vector<Candidate> all;
  if (task.stratum == samples::Stratum::direct && !beliefs.empty())
    all.push_back({.plan = {.kind = PlanKind::direct, .answer = beliefs.front().known->response}, .reward = options.success});
  for (const Belief& belief : beliefs) all.push_back(single_call(belief, options));
  const EpisodeLimits& limits = task.spec.limits;
  const bool reads = task.spec.mode == Mode::agent && limits.max_turns > 1 && limits.max_calls > 1;
  if (reads && task.stratum != samples::Stratum::direct) add_reading_plans(all, beliefs, limits, options);
  return all;
}

Plan draw_plan(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options, Rng& rng) {
  XROUTER_ASSERT(!task.outcomes.empty(), "a plan is made from recorded outcomes");
  const std::vector<Belief> beliefs = beliefs_of(task, cost_weight, accuracy, options);
  const double end_of_the_curve = rng.uniform();
  if (end_of_the_curve < options.weights.cheapest) return cheapest_call(beliefs);
  if (end_of_the_curve < options.weights.cheapest + options.weights.strongest) return strongest_call(beliefs);
  Plan plan = draw_candidate(candidates_of(task, beliefs, options), options, rng).plan;
  plan.trusts_agreement = rng.chance(options.trust_agreement);
  if (plan.kind != PlanKind::look) return plan;
  plan.reading = reading_of(task, plan.first, options, rng);
  if (!rng.chance(options.check)) plan.second = {};
  return plan;
}

Plan oracle_plan(const Task& task, double cost_weight, const TeacherOptions& options) {
  XROUTER_ASSERT(!task.outcomes.empty(), "a plan is made from recorded outcomes");
  TeacherOptions knowing = options;
  knowing.hindsight = 1;
  const std::vector<Belief> beliefs = beliefs_of(task, cost_weight, AccuracyTable(), knowing);
  if (task.stratum == samples::Stratum::direct) return candidates_of(task, beliefs, knowing).front().plan;
  const auto better = [&](const Belief& a, const Belief& b) {
    const double first = worth(knowing, a.right, a.penalty), second = worth(knowing, b.right, b.penalty);
    return first != second ? first > second : a.known->cost < b.known->cost;
  };
  return to_one(PlanKind::final_call, *std::min_element(beliefs.begin(), beliefs.end(), better));
}

}  // namespace xrouter::rollout
