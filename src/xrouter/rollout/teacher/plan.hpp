// What a teacher sets out to do with one question.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/rollout/task.hpp"
#include "xrouter/rollout/teacher/accuracy.hpp"
#include "xrouter/rollout/teacher/options.hpp"

namespace xrouter::rollout {

enum class PlanKind { final_call, look, pair, direct, cheapest, strongest };
std::string_view to_text(PlanKind kind);

/// How the first answer of a `look` is read.
enum class Reading {
  trust,   ///< it is taken
  doubt,   ///< it is not, whatever it says
  by_eye,  ///< it is taken when it states an answer
};

/// Models are named as the episode shows them.
struct Plan {
  PlanKind kind = PlanKind::final_call;
  ModelId first = {};   ///< the first call, or the only one
  ModelId second = {};  ///< pair: called with the first. look: asked for comparison when the first is doubted; empty: nobody is
  ModelId last = {};    ///< look, pair: whose answer is final when none before it is taken
  Reading reading = Reading::trust;
  bool trusts_agreement = true;
  std::string answer = {};  ///< direct: what is said
};

/// What is believed of one offered model before it is asked.
struct Belief {
  const KnownOutcome* known = nullptr;
  double accuracy = 0;  ///< on questions of this domain
  double right = 0;     ///< on this one: accuracy, and hindsight as far as the options say
  double penalty = 0;   ///< of its cost, as the reward counts it, before the cap
};

/// One for each of the task's outcomes, in their order. Costs are compared with the task's reference; without one, with
/// the dearest outcome.
std::vector<Belief> beliefs_of(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options);

/// A plan and what it is expected to earn.
struct Candidate {
  Plan plan;
  double reward = 0;
};
/// Every single call; for every model (every two of them) the best plan that looks at its answer (compares theirs); the
/// direct answer where the stratum asks for it. In simple mode no plan that reads. Not the ends of the curve.
std::vector<Candidate> candidates_of(const Task& task, const std::vector<Belief>& beliefs, const TeacherOptions& options);

/// First one of the ends of the curve by its share; else a kind of plan by its weight and what its best plan is expected
/// to earn, then a plan of this kind by what each is expected to earn; then how answers will be read.
/// Precondition: the task has outcomes, the options pass check().
Plan draw_plan(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options, Rng& rng);

/// The single call (or direct answer) with the best reward in hindsight; when nobody is right, the cheapest.
Plan oracle_plan(const Task& task, double cost_weight, const TeacherOptions& options);

}  // namespace xrouter::rollout
