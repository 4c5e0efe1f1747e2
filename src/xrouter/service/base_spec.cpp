#include "xrouter/service/base_spec.hpp"

namespace xrouter::service {

bool decides_by_language_model(const config::Config& config) { return config.policy.kind == "remote" || config.policy.kind == "local"; }

const ModelSpec* router_model(const config::Config& config) {
  return decides_by_language_model(config) ? config.catalog->find(ModelId(config.policy.model)) : nullptr;
}

EpisodeSpec base_spec(const config::Config& config) {
  const config::EpisodeConfig& episode = config.episode;
  EpisodeSpec spec;
  spec.catalog = config.catalog;
  spec.limits.max_turns = episode.max_turns;
  spec.limits.max_calls = episode.max_calls;
  spec.limits.max_calls_per_turn = episode.max_calls_per_turn;
  spec.limits.max_cost = episode.max_cost;
  spec.limits.max_tokens = episode.max_tokens;
  spec.limits.deadline = episode.deadline;
  spec.limits.attempts_per_call = config.retry.max_attempts;
  spec.limits.default_output_tokens = episode.default_output_tokens;
  spec.mode = mode_of(episode.mode).value_or(Mode::agent);
  spec.on_turn_limit = episode.on_turn_limit == "fail" ? OnTurnLimit::fail : OnTurnLimit::last_reply;
  spec.cost_weight = episode.cost_weight;
  spec.router_output_tokens = config.policy.max_output_tokens;
  return spec;
}

std::vector<OfferedModel> listed_models(const config::Config& config) {
  if (!config.offered.empty()) {
    std::vector<ModelId> ids;
    for (const std::string& name : config.offered) ids.emplace_back(name);
    return offer(*config.catalog, ids);
  }
  std::vector<OfferedModel> offered = offer_all(*config.catalog);
  if (const ModelSpec* router = router_model(config)) std::erase_if(offered, [&](const OfferedModel& m) { return m.spec == router; });
  return offered;
}

}  // namespace xrouter::service
