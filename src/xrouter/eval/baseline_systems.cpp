#include "xrouter/eval/baseline_systems.hpp"

#include <fmt/format.h>

namespace xrouter::eval {

std::vector<System> swept(const System& system, const std::string& family, double own_weight, const std::vector<double>& weights) {
  std::vector<System> out{system};
  out.front().family = family;
  out.front().dial = own_weight;
  for (const double weight : weights) {
    if (weight == own_weight) continue;
    System point = out.front();
    point.id = fmt::format("{}@{}", system.id, weight);
    point.label = fmt::format("{} at weight {}", system.label, weight);
    point.dial = weight;
    point.cost_weight = weight;
    out.push_back(std::move(point));
  }
  return out;
}

Result<std::vector<System>> baseline_systems(std::string_view name, const BaselineSource& source, double cost_weight,
                                             const std::vector<double>& curve) {
  auto fitted = baselines::fit_baseline(name, source.data, source.options);
  if (!fitted) return fail(fitted.error());
  const std::shared_ptr<const baselines::Baseline> baseline = std::move(*fitted);
  const baselines::BaselineInfo& info = baseline->info();
  System system;
  system.id = "baseline:" + std::string(name);
  system.label = std::string(name);
  system.description = std::string(info.description);
  system.kind = info.deployable ? SystemKind::baseline : SystemKind::oracle;
  system.fingerprint = source.fingerprint + fmt::format(" fit-seed {}", source.options.seed);
  system.open =
      policy_per_episode([baseline](const EpisodeFacts& facts) -> std::shared_ptr<Policy> { return baseline->make_policy(facts.seed); });
  if (!info.uses_cost_weight) return std::vector<System>{std::move(system)};
  return swept(system, std::string(name), cost_weight, curve);
}

}  // namespace xrouter::eval
