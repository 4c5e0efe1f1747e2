#include "xrouter/rollout/teacher/options.hpp"

#include <string>

namespace xrouter::rollout {

Result<void> check(const TeacherOptions& options) {
  const auto refuse = [](const char* name, const char* what) { return fail(ErrorKind::config, std::string(name) + " " + what); };
  const PlanWeights& weights = options.weights;
  const std::pair<const char*, double> at_least_zero[] = {
      {"weights.final_call", weights.final_call}, {"weights.look", weights.look}, {"weights.pair", weights.pair},
      {"weights.direct", weights.direct},         {"success", options.success},   {"cost_weight", options.cost_weight},
      {"penalty_cap", options.penalty_cap},       {"prior_questions", options.prior_questions}};
  for (const auto& [name, value] : at_least_zero)
    if (!(value >= 0)) return refuse(name, "must not be negative");
  const std::pair<const char*, double> shares[] = {{"weights.cheapest", weights.cheapest},
                                                   {"weights.strongest", weights.strongest},
                                                   {"hindsight", options.hindsight}};
  for (const auto& [name, value] : shares)
    if (!(value >= 0 && value <= 1)) return refuse(name, "must be a share between 0 and 1");
  if (!(options.temperature >= 1e-3)) return refuse("temperature", "must be at least 0.001");
  if (!(weights.cheapest + weights.strongest <= 1)) return refuse("weights.cheapest", "and weights.strongest are shares of one whole");
  const bool calls = weights.final_call > 0 || weights.look > 0 || weights.pair > 0;
  if (!calls) return refuse("weights.final_call", "must be above 0 where weights.look and weights.pair are not");
  return {};
}

}  // namespace xrouter::rollout
