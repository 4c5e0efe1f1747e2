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

/// What one unit of the reward's normalised cost is, in dollars.
double cost_unit(const Task& task, const TeacherOptions& options) {
  if (options.in_dollars) return 1;
  Usd dearest;
  for (const KnownOutcome& known : task.outcomes) dearest = std::max(dearest, known.cost);
  return std::max(task.reference_cost.value_or(dearest).to_double(), 1e-12);
}

}  // namespace

PlanValue::PlanValue(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options) : options_(options) {
  const double unit = cost_unit(task, options);
  StatedAnswers stated(task.question);
  std::vector<const ModelAnswers*> before, here;
  for (const KnownOutcome& known : task.outcomes) {
    before.push_back(table.answers(task.question, known.original));
    on_this_question_.push_back(answers_here(known, stated));
    Asked model{.known = &known, .accuracy = table.accuracy(known.original), .comparable = before.back() != nullptr};
    if (model.comparable) model.accuracy = share(before.back()->right);
    model.penalty = options.cost_weight * cost_weight * known.cost.to_double() / unit;
    asked_.push_back(model);
  }
  for (const ModelAnswers& answers : on_this_question_) here.push_back(&answers);
  kind_ = evidence_of(std::move(before));
  here_ = evidence_of(std::move(here));
}

PlanValue::Evidence PlanValue::evidence_of(std::vector<const ModelAnswers*> answers) {
  Evidence made{.answers = std::move(answers), .agreement = {}};
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
  const Asked& asked = asked_[model];
  return worth(mixed(asked.accuracy, asked.known->correct ? 1 : 0), asked.penalty);
}

double PlanValue::of_look(std::size_t first, std::size_t last) const { return mixed(looked(kind_, first, last), looked(here_, first, last)); }

double PlanValue::of_pair(const Pair& pair) const { return mixed(paired(kind_, pair), paired(here_, pair)); }

double PlanValue::looked(const Evidence& on, std::size_t first, std::size_t last) const {
  const double taken = share(on.stated(first) & on.right(first)), asked_again = share(on.right(last) - on.stated(first));
  return worth(taken, asked_[first].penalty) + worth(asked_again, asked_[first].penalty + asked_[last].penalty);
}

double PlanValue::paired(const Evidence& on, const Pair& pair) const {
  const Questions& agree = on.agree(pair.first, pair.second);
  const double two = asked_[pair.first].penalty + asked_[pair.second].penalty, three = two + asked_[pair.last].penalty;
  const double settled = worth(share(agree & on.right(pair.first)), two);
  const Questions open = ~agree;
  if (!pair.fallback) return settled + worth(share(open & on.right(pair.last)), three);
  const auto& [model, doubt] = *pair.fallback;
  const Questions believed = doubt == Doubt::no_answer ? on.stated(pair.last) : on.agree(pair.first, pair.last) | on.agree(pair.second, pair.last);
  const bool is_there = model == pair.first || model == pair.second;
  const double four = three + (is_there ? 0 : asked_[model].penalty);
  return settled + worth(share(open & believed & on.right(pair.last)), three) + worth(share((open - believed) & on.right(model)), four);
}

}  // namespace xrouter::rollout
