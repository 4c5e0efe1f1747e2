// What plans earn: on questions of the kind, of its family, and on this very one.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/rollout/teacher/plan.hpp"

namespace xrouter::rollout {

/// One offered model.
struct Asked {
  const KnownOutcome* known = nullptr;
  double accuracy = 0;     ///< on questions of the kind; where too little is recorded, on all
  bool comparable = false; ///< enough is recorded on the kind to value plans that read its answer
};

/// Values plans over the offered models of one task, named by their places in `asked()`.
class PlanValue {
 public:
  struct Fallback {
    std::size_t model = 0;
    Doubt doubt = Doubt::no_answer;
  };
  struct Pair {
    std::size_t first = 0, second = 0, last = 0;
    std::optional<Fallback> fallback = {};
  };

  /// The task and the table outlive it.
  PlanValue(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options);

  PlanValue(const PlanValue&) = delete;
  PlanValue& operator=(const PlanValue&) = delete;

  const std::vector<Asked>& asked() const { return asked_; }
  double of_call(std::size_t model) const;
  /// Precondition of both: the models are comparable.
  double of_look(std::size_t first, std::size_t last) const;
  double of_pair(const Pair& pair) const;

 private:
  /// Questions to value plans on, and what every model did there.
  struct Evidence {
    std::vector<const ModelAnswers*> answers;  ///< null: not comparable
    std::vector<double> accuracy;
    std::vector<Questions> agreement;          ///< of each two models; empty where one is not comparable
    std::vector<double> penalties;             ///< of their mean costs, as the reward counts cost, before the cap
    const Questions& right(std::size_t model) const { return answers[model]->right; }
    const Questions& stated(std::size_t model) const { return answers[model]->stated; }
    double penalty(std::size_t model) const { return penalties[model]; }
    const Questions& agree(std::size_t a, std::size_t b) const { return agreement[a * answers.size() + b]; }
  };
  Evidence evidence_of(std::vector<const ModelAnswers*> answers, std::vector<double> costs) const;
  double called(const Evidence& on, std::size_t model) const;
  double looked(const Evidence& on, std::size_t first, std::size_t last) const;
  double paired(const Evidence& on, const Pair& pair) const;
  /// Of what value(evidence) says of each. The best of thousands of plans on a few hundred questions owes much of its lead
  /// to chance; what it earns on the whole family tells.
  template <class Value>
  double expected(const Value& value) const {
    const double of_kind = questions_ > 0 ? questions_ / (questions_ + options_.prior_questions) : 0;
    const double before = of_kind * value(kind_) + (1 - of_kind) * value(family_);
    return options_.hindsight > 0 ? (1 - options_.hindsight) * before + options_.hindsight * value(here_) : before;
  }
  double worth(double right, double penalty) const;

  TeacherOptions options_;
  double weight_ = 0;     // of a unit of cost
  double questions_ = 0;  // of the kind
  std::vector<Asked> asked_;
  std::vector<ModelAnswers> on_this_question_;
  Evidence kind_, family_, here_;
};

}  // namespace xrouter::rollout
