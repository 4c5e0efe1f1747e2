// What plans earn: on questions of the kind, and on this very one.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/rollout/teacher/plan.hpp"

namespace xrouter::rollout {

/// One offered model.
struct Asked {
  const KnownOutcome* known = nullptr;
  double accuracy = 0;     ///< on questions of the kind; where too little is recorded, on all
  double penalty = 0;      ///< of its cost, as the reward counts it, before the cap
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
    std::vector<Questions> agreement;          ///< of each two models; empty where one is not comparable
    const Questions& right(std::size_t model) const { return answers[model]->right; }
    const Questions& stated(std::size_t model) const { return answers[model]->stated; }
    const Questions& agree(std::size_t a, std::size_t b) const { return agreement[a * answers.size() + b]; }
  };
  static Evidence evidence_of(std::vector<const ModelAnswers*> answers);
  double looked(const Evidence& on, std::size_t first, std::size_t last) const;
  double paired(const Evidence& on, const Pair& pair) const;
  double mixed(double of_kind, double here) const { return (1 - options_.hindsight) * of_kind + options_.hindsight * here; }
  double worth(double right, double penalty) const;

  TeacherOptions options_;
  std::vector<Asked> asked_;
  std::vector<ModelAnswers> on_this_question_;
  Evidence kind_, here_;
};

}  // namespace xrouter::rollout
