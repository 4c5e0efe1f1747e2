#include "xrouter/rollout/teacher/plan_value.hpp"

#include <algorithm>

namespace xrouter::rollout {
namespace {

double share(const Questions& some) { return some.empty() ? 0 : static_cast<double>(some.count()) / static_cast<double>(some.size()); }

ModelAnswers answers_here(const KnownOutcome& known, StatedAnswers& stated) {
  ModelAnswers here{.recorded = Questions(1), .right = Questions(1), .stated = Questions(1), .said = {stated.number(known.response)}};
  here.recorded[0] = true;
  here.right[0] = known.correct;
  here.stated[0] = stated.shown();
  return here;
}

/// In units of the reward's normalised cost: on this question.
std::vector<double> costs_here(const Task& task, bool in_dollars) {
  std::vector<double> costs;
  for (const KnownOutcome& known : task.outcomes) costs.push_back(known.cost.to_double());
  if (in_dollars || costs.empty()) return costs;
  const double dearest = *std::max_element(costs.begin(), costs.end());
  const double unit = std::max(task.reference_cost ? task.reference_cost->to_double() : dearest, 1e-12);
  for (double& cost : costs) cost /= unit;
  return costs;
}

/// The mean over questions of the kind, in dollars at the prices that are shown.
double mean_cost(const ModelSpec& model, const ModelAnswers& answers) {
  const std::optional<Usd> sum = model.price.cost_of(answers.used).total();
  return (sum ? sum->to_double() : 0) / static_cast<double>(answers.recorded.count());
}

std::optional<double> usual_unit(const Task& task, const std::vector<const ModelAnswers*>& answers, bool in_dollars) {
  if (in_dollars) return 1;
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i] && task.outcomes[i].model == task.reference) return std::max(mean_cost(*task.reference, *answers[i]), 1e-12);
  return std::nullopt;
}

/// The same as costs_here, of the means: a router cannot know beforehand that one reply of a model comes out short. Where too
/// little is recorded, this question stands for its kind.
std::vector<double> usual_costs(const Task& task, const std::vector<const ModelAnswers*>& answers, bool in_dollars) {
  std::vector<double> costs = costs_here(task, in_dollars);
  const std::optional<double> unit = usual_unit(task, answers, in_dollars);
  if (!unit) return costs;
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (answers[i]) costs[i] = mean_cost(*task.outcomes[i].model, *answers[i]) / *unit;
  return costs;
}

}  // namespace

PlanValue::PlanValue(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options)
    : options_(options), weight_(options.cost_weight * cost_weight) {
  StatedAnswers stated(task.question);
  std::vector<const ModelAnswers*> kind, family, here;
  for (const KnownOutcome& known : task.outcomes) {
    kind.push_back(table.answers(task.question, known.original));
    family.push_back(table.answers_of_family(task.question, known.original));
    on_this_question_.push_back(answers_here(known, stated));
    Asked model{.known = &known, .accuracy = table.accuracy(known.original), .comparable = kind.back() != nullptr};
    if (model.comparable) model.accuracy = share(kind.back()->right);
    asked_.push_back(model);
  }
  for (const ModelAnswers& answers : on_this_question_) here.push_back(&answers);
  if (const OutcomeTable::Kind* known = table.kind_of(task.question)) questions_ = static_cast<double>(known->questions);
  std::vector<double> costs_of_kind = usual_costs(task, kind, options.in_dollars), costs_of_family = usual_costs(task, family, options.in_dollars);
  kind_ = evidence_of(std::move(kind), std::move(costs_of_kind));
  family_ = evidence_of(std::move(family), std::move(costs_of_family));
  here_ = evidence_of(std::move(here), costs_here(task, options.in_dollars));
}

PlanValue::Evidence PlanValue::evidence_of(std::vector<const ModelAnswers*> answers, std::vector<double> costs) const {
  Evidence made{.answers = std::move(answers), .accuracy = {}, .agreement = {}, .penalties = std::move(costs)};
  for (double& penalty : made.penalties) penalty *= weight_;
  for (std::size_t i = 0; i < made.answers.size(); ++i) made.accuracy.push_back(made.answers[i] ? share(made.answers[i]->right) : asked_[i].accuracy);
  for (const ModelAnswers* a : made.answers)
    for (const ModelAnswers* b : made.answers) made.agreement.push_back(a && b ? agreed(*a, *b) : Questions());
  return made;
}

// The reward's cap makes all costs beyond it alike, and so the dearest models the best at high cost weights. A teacher
// goes on preferring the cheaper one: what is left of the reward shrinks with the cost, and never to nothing.
double PlanValue::worth(double right, double penalty) const {
  const double beyond = std::max(penalty - options_.penalty_cap, 0.0);
  const double left = options_.success - std::min(penalty, options_.penalty_cap);
  return right * left / (1 + beyond);
}

double PlanValue::of_call(std::size_t model) const {
  return expected([&](const Evidence& on) { return called(on, model); });
}

double PlanValue::of_look(std::size_t first, std::size_t last) const {
  return expected([&](const Evidence& on) { return looked(on, first, last); });
}

double PlanValue::of_pair(const Pair& pair) const {
  return expected([&](const Evidence& on) { return paired(on, pair); });
}

double PlanValue::called(const Evidence& on, std::size_t model) const { return worth(on.accuracy[model], on.penalty(model)); }

double PlanValue::looked(const Evidence& on, std::size_t first, std::size_t last) const {
  const double taken = share(on.stated(first) & on.right(first)), asked_again = share(on.right(last) - on.stated(first));
  return worth(taken, on.penalty(first)) + worth(asked_again, on.penalty(first) + on.penalty(last));
}

double PlanValue::paired(const Evidence& on, const Pair& pair) const {
  const Questions& agree = on.agree(pair.first, pair.second);
  const double two = on.penalty(pair.first) + on.penalty(pair.second), three = two + on.penalty(pair.last);
  const double settled = worth(share(agree & on.right(pair.first)), two);
  const Questions open = ~agree;
  if (!pair.fallback) return settled + worth(share(open & on.right(pair.last)), three);
  const auto& [model, doubt] = *pair.fallback;
  const Questions believed = doubt == Doubt::no_answer ? on.stated(pair.last) : on.agree(pair.first, pair.last) | on.agree(pair.second, pair.last);
  const bool is_there = model == pair.first || model == pair.second;
  const double four = three + (is_there ? 0 : on.penalty(model));
  return settled + worth(share(open & believed & on.right(pair.last)), three) + worth(share((open - believed) & on.right(model)), four);
}

}  // namespace xrouter::rollout
