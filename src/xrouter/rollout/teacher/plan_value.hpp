// What plans earn: on questions of the kind, and on this very one.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "xrouter/rollout/teacher/plan.hpp"

namespace xrouter::rollout {

/// One offered model.
struct Asked {
  const KnownOutcome* known = nullptr;
  double accuracy = 0;       ///< on questions of the kind; where none is recorded, on all
  double penalty = 0;        ///< of its cost, as the reward counts it, before the cap
  bool comparable = false;   ///< `before` says something
  ModelAnswers before = {};  ///< on questions of the kind
  ModelAnswers here = {};    ///< on this one
};

/// Values plans over the offered models of one task, named by their places in `asked()`.
class PlanValue {
 public:
  PlanValue(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options);

  const std::vector<Asked>& asked() const { return asked_; }
  double of_call(std::size_t model) const;
  /// Precondition of both: the models are comparable.
  double of_look(std::size_t first, std::size_t last) const;
  double of_pair(std::size_t first, std::size_t second, std::size_t last, std::optional<std::size_t> fallback, Doubt doubt) const;

 private:
  /// `value` of the questions of the kind and of this one, as far as the options say each counts.
  double mixed(const std::function<double(ModelAnswers Asked::*answers, const std::vector<Questions>& agreement)>& value) const;
  double worth(double right, double penalty) const;

  TeacherOptions options_;
  std::vector<Asked> asked_;
  std::vector<Questions> agree_before_, agree_here_;  ///< of each two models
};

}  // namespace xrouter::rollout
