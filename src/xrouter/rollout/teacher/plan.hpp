// What a teacher sets out to do with one question.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/rollout/task.hpp"
#include "xrouter/rollout/teacher/options.hpp"
#include "xrouter/rollout/teacher/outcome_table.hpp"

namespace xrouter::rollout {

enum class PlanKind { final_call, look, pair, direct, cheapest, strongest };
std::string_view to_text(PlanKind kind);

/// What sends a pair that differs on from the third answer to a fourth model.
enum class Doubt {
  no_answer,     ///< it states none
  no_agreement,  ///< it agrees with neither of the first two
};

/// Models are named as the episode shows them.
struct Plan {
  PlanKind kind = PlanKind::final_call;
  ModelId first = {};     ///< the first call, or the only one
  ModelId second = {};    ///< pair: called with the first
  ModelId last = {};      ///< pair: asked when they differ. look: asked for good when the first states no answer
  ModelId fallback = {};  ///< pair: whose answer is taken when the last one's is doubted; empty: it never is
  Doubt doubt = Doubt::no_answer;
  std::string answer = {};  ///< direct: what is said
  bool operator==(const Plan&) const = default;
};

/// What a plan is expected to earn.
struct Candidate {
  Plan plan;
  double reward = 0;
};
/// Every single call; in agent mode also the looks and pairs that the episode's limits allow, of models that enough is
/// recorded of on questions of the kind, and the best pairs with a fallback; the direct answer where the stratum asks for
/// it. Not the ends of the curve. Costs are those of this question, compared with the task's reference; without one, with
/// the dearest outcome.
std::vector<Candidate> candidates_of(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options);

/// First one of the ends of the curve by its share; else a kind of plan by its weight and what its best plan is expected
/// to earn, then a plan of this kind by what each is expected to earn.
/// Precondition: the task has outcomes, the options pass check().
Plan draw_plan(const Task& task, double cost_weight, const OutcomeTable& table, const TeacherOptions& options, Rng& rng);

}  // namespace xrouter::rollout
