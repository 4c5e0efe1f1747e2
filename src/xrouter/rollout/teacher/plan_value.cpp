#include "xrouter/rollout/teacher/plan_value.hpp"

#include <algorithm>

#include "xrouter/policy/agreement.hpp"

namespace xrouter::rollout {
namespace {

double share(const Questions& some) { return some.empty() ? 0 : static_cast<double>(some.count()) / static_cast<double>(some.size()); }

/// What this question adds to the kind: one question, whose answers are numbered by the caller.
ModelAnswers answers_here(const KnownOutcome& known, bool one_answer_wanted, std::vector<std::string>& numbered) {
  ModelAnswers here{.right = Questions(1), .stated = Questions(1), .said = {-1}};
  here.right[0] = known.correct;
  const std::string stated = policy::stated_answer(known.response, one_answer_wanted);
  if (stated.empty()) return here;
  here.stated[0] = true;
  const auto it = std::find(numbered.begin(), numbered.end(), stated);
  here.said[0] = static_cast<int>(it - numbered.begin());
  if (it == numbered.end()) numbered.push_back(stated);
  return here;
}

}  // namespace

PlanValue::PlanValue(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options) : options_(options) {
  Usd dearest;
  for (const KnownOutcome& known : task.outcomes) dearest = std::max(dearest, known.cost);
  const double reference = std::max(task.reference_cost.value_or(dearest).to_double(), 1e-12);
  const OutcomeTable::Kind* kind = table.kind_of(task.question);
  const bool one_answer_wanted = policy::asks_for_an_answer(task.question.prompt);
  std::vector<std::string> numbered;
  for (const KnownOutcome& known : task.outcomes) {
    Asked model{.known = &known, .accuracy = table.accuracy(known.original)};
    model.penalty = options.cost_weight * cost_weight * known.cost.to_double() / reference;
    model.here = answers_here(known, one_answer_wanted, numbered);
    const auto found = kind ? kind->answers.find(known.original) : decltype(kind->answers.find(known.original))();
    if (kind && found != kind->answers.end()) {
      model.before = found->second;
      model.comparable = true;
      model.accuracy = share(model.before.right);
    }
    asked_.push_back(std::move(model));
  }
  for (const Asked& a : asked_) {
    for (const Asked& b : asked_) {
      agree_before_.push_back(a.comparable && b.comparable ? agreed(a.before, b.before) : Questions());
      agree_here_.push_back(agreed(a.here, b.here));
    }
  }
}

// The reward's cap makes all costs beyond it alike, and so the dearest models the best at high cost weights. A teacher
// goes on preferring the cheaper one: what is left of the reward shrinks with the cost, and never to nothing.
double PlanValue::worth(double right, double penalty) const {
  const double beyond = std::max(penalty - options_.penalty_cap, 0.0);
  const double left = options_.success - std::min(penalty, options_.penalty_cap);
  return right * left / (1 + beyond);
}

double PlanValue::mixed(const std::function<double(ModelAnswers Asked::*, const std::vector<Questions>&)>& value) const {
  return (1 - options_.hindsight) * value(&Asked::before, agree_before_) + options_.hindsight * value(&Asked::here, agree_here_);
}

double PlanValue::of_call(std::size_t model) const {
  const Asked& asked = asked_[model];
  const double right = (1 - options_.hindsight) * asked.accuracy + options_.hindsight * (asked.known->correct ? 1 : 0);
  return worth(right, asked.penalty);
}

double PlanValue::of_look(std::size_t first, std::size_t last) const {
  return mixed([&](ModelAnswers Asked::*answers, const std::vector<Questions>&) {
    const ModelAnswers& a = asked_[first].*answers;
    const ModelAnswers& b = asked_[last].*answers;
    return worth(share(a.stated & a.right), asked_[first].penalty) +
           worth(share(b.right - a.stated), asked_[first].penalty + asked_[last].penalty);
  });
}

double PlanValue::of_pair(std::size_t first, std::size_t second, std::size_t last, std::optional<std::size_t> fallback, Doubt doubt) const {
  return mixed([&](ModelAnswers Asked::*answers, const std::vector<Questions>& agreement) {
    const std::size_t n = asked_.size();
    const Questions& agree = agreement[first * n + second];
    const ModelAnswers& third = asked_[last].*answers;
    const double two = asked_[first].penalty + asked_[second].penalty, three = two + asked_[last].penalty;
    const double settled = worth(share(agree & (asked_[first].*answers).right), two);
    Questions open = ~agree;
    if (!fallback) return settled + worth(share(open & third.right), three);
    const Questions believed =
        doubt == Doubt::no_answer ? third.stated : agreement[first * n + last] | agreement[second * n + last];
    const bool is_new = *fallback != first && *fallback != second;
    return settled + worth(share(open & believed & third.right), three) +
           worth(share((open - believed) & (asked_[*fallback].*answers).right), three + (is_new ? asked_[*fallback].penalty : 0));
  });
}

}  // namespace xrouter::rollout
