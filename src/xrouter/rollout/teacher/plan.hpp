// What a teacher sets out to do with one question.
#pragma once

#include <string_view>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/rollout/task.hpp"
#include "xrouter/rollout/teacher/accuracy.hpp"
#include "xrouter/rollout/teacher/options.hpp"

namespace xrouter::rollout {

enum class PlanKind { final_call, look, pair, cheapest, strongest, direct };
std::string_view to_text(PlanKind kind);

/// Models are names as the episode shows them. What becomes of answers is decided when they are there, by what a router
/// sees of them; the chances for that are drawn with the plan.
struct Plan {
  PlanKind kind = PlanKind::final_call;
  ModelId first;          ///< the first call, or the only one
  ModelId second = {};    ///< pair: called with the first; look: asked for comparison when the first is doubted
  ModelId last = {};      ///< look, pair: whose answer is taken when nothing before it is
  bool trusts_first = true;  ///< look: the answer is taken when it is one at all
  bool doubts_any = false;   ///< look: the answer is not taken, whatever it is
  bool compares = false;     ///< look: a doubt asks `second` before `last`
  bool trusts_agreement = true;
};

/// What is believed of one offered model before it is asked.
struct Belief {
  const KnownOutcome* known = nullptr;
  double right = 0;    ///< probability
  double penalty = 0;  ///< of its cost, as the reward counts it, before the cap
};

/// One for each of the task's outcomes, in their order. Costs are compared with the task's reference; without one the
/// dearest model stands for it.
std::vector<Belief> beliefs_of(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options);

/// A plan with what it is expected to earn.
struct Candidate {
  Plan plan;
  double reward = 0;
};
/// The best plans of every kind that the task and its mode allow: all single calls; of the others those of the cheaper
/// models. In simple mode only single calls and direct answers.
std::vector<Candidate> candidates_of(const Task& task, const std::vector<Belief>& beliefs, const TeacherOptions& options);

/// Draws a kind by its weight and by what its plans are expected to earn, then a plan of the kind. Precondition: the task
/// has outcomes.
Plan draw_plan(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options, Rng& rng);

/// The plan with the best reward in hindsight: what an oracle would do.
Plan oracle_plan(const Task& task, double cost_weight, const AccuracyTable& accuracy, const TeacherOptions& options);

}  // namespace xrouter::rollout
