#include "xrouter/service/plan.hpp"

#include <algorithm>

#include "xrouter/service/capable.hpp"

namespace xrouter::service {
namespace {

using namespace std::chrono_literals;

// The models that a policy of plain rules can ask at all, its fallback included; empty: any model.
std::vector<std::string> models_of_rules(const config::PolicyConfig& policy) {
  std::vector<std::string> names;
  if (policy.kind == "fixed") names = {policy.model};
  if (policy.kind == "cascade") {
    names = policy.pair;
    names.push_back(policy.strong);
  }
  if (!names.empty() && !policy.fallback_model.empty()) names.push_back(policy.fallback_model);
  return names;
}

std::vector<OfferedModel> offer_by_name(const ModelCatalog& catalog, const std::vector<std::string>& names) {
  std::vector<OfferedModel> offered;
  for (const std::string& name : names) {
    const ModelSpec* spec = catalog.find(ModelId(name));
    const bool there = std::ranges::any_of(offered, [&](const OfferedModel& model) { return model.spec == spec; });
    if (spec && !there) offered.push_back({.spec = spec, .tool_name = tool_name_of(spec->id)});
  }
  return offered;
}

std::vector<OfferedModel> offered_by(const config::Config& config) {
  std::vector<OfferedModel> offered;
  if (const auto names = models_of_rules(config.policy); !names.empty()) {
    // Only these, so that a request they cannot honour is refused with the parameter's name.
    offered = offer_by_name(*config.catalog, names);
  } else if (config.offered.empty()) {
    offered = offer_all(*config.catalog);
    // The router's own model is no tool of the router, unless the operator lists it.
    if (config.policy.kind == "remote") std::erase_if(offered, [&](const OfferedModel& m) { return m.spec->id.value == config.policy.model; });
  } else {
    std::vector<ModelId> ids;
    for (const std::string& name : config.offered) ids.emplace_back(name);
    offered = offer(*config.catalog, ids);
  }
  std::erase_if(offered, [&](const OfferedModel& model) { return !is_reachable(*model.spec, config); });
  return offered;
}

EpisodeLimits limits_of(const config::EpisodeConfig& episode, const config::RetryConfig& retry, const RoutingWishes& wishes) {
  EpisodeLimits limits;
  limits.max_turns = episode.max_turns;
  limits.max_calls = episode.max_calls;
  limits.max_calls_per_turn = episode.max_calls_per_turn;
  limits.max_cost = episode.max_cost;
  if (wishes.max_cost_pico) {
    const Usd wish = Usd::from_pico(*wishes.max_cost_pico);
    limits.max_cost = limits.max_cost ? std::min(*limits.max_cost, wish) : wish;
  }
  limits.max_tokens = episode.max_tokens;
  limits.attempts_per_call = retry.max_attempts;
  limits.default_output_tokens = episode.default_output_tokens;
  return limits;
}

Error unknown_model(const std::string& name) {
  // The client's own word is echoed, but never a megabyte of it.
  return {.kind = ErrorKind::model_not_found,
          .public_text = "The model '" + name.substr(0, 100) + "' does not exist. GET /v1/models lists the names.",
          .param = "model"};
}

}  // namespace

Duration deadline_within(Duration configured, std::optional<Duration> client_timeout) {
  if (!client_timeout || *client_timeout <= Duration::zero()) return configured;
  const Duration margin = std::clamp<Duration>(*client_timeout / 20, 100ms, 2s);
  return std::min(configured, *client_timeout - margin);
}

Planner::Planner(std::shared_ptr<const config::Config> config, const Availability* availability, ToolAffinity* affinity)
    : config_(std::move(config)), availability_(availability), affinity_(affinity), models_(*config_), offered_(offered_by(*config_)) {}

Result<std::vector<OfferedModel>> Planner::candidates(const ChatRequest& request, const PublicModel& named) const {
  std::vector<OfferedModel> models = offered_;
  if (named.pool_model) models = {{.spec = named.pool_model, .tool_name = tool_name_of(named.pool_model->id)}};
  if (models.empty()) return fail(ErrorKind::overloaded, "No model is available to answer.", "the configuration offers no reachable model");
  auto capable = narrow_to_capable(request, std::move(models), TokenEstimator{});
  if (!capable || !availability_) return capable;
  return availability_->available(request, std::move(*capable));
}

Result<Plan> Planner::plan(ChatRequest request, const ClientHints& hints) const {
  const PublicModel* named = models_.find(request.model);
  if (!named) return fail(unknown_model(request.model));
  if (!named->pool_model && request.sampling.n.value_or(1) > 1)
    return fail(Error{.kind = ErrorKind::invalid_request,
                      .public_text = "The router gives one choice; ask a pool model by its name for n > 1.",
                      .param = "n",
                      .code = "unsupported_parameter"});
  auto offered = candidates(request, *named);
  if (!offered) return fail(offered.error());

  Plan plan;
  plan.caller = hints.caller;
  plan.strategy = config_->policy.kind;
  if (named->pool_model) {
    plan.fixed_model = named->pool_model->id;
    plan.strategy = "pass_through";
  } else if (auto asked = affinity_ ? affinity_->model_for(request, hints.caller) : std::nullopt) {
    const bool still_offered = std::ranges::any_of(*offered, [&](const OfferedModel& model) { return model.spec->id == *asked; });
    if (still_offered) {
      plan.fixed_model = *asked;
      plan.strategy = "tool_affinity";
    }
  }
  const std::string format = response_format_type(request);
  plan.json_wanted = format == "json_object" || format == "json_schema";

  EpisodeSpec& spec = plan.spec;
  spec.catalog = config_->catalog;
  spec.limits = limits_of(config_->episode, config_->retry, request.routing);
  spec.limits.deadline = deadline_within(config_->episode.deadline, hints.timeout);
  spec.depth = hints.depth;
  spec.mode = mode_of(config_->episode.mode).value_or(Mode::agent);
  spec.on_turn_limit = config_->episode.on_turn_limit == "fail" ? OnTurnLimit::fail : OnTurnLimit::last_reply;
  spec.cost_weight = request.routing.cost_weight.value_or(config_->episode.cost_weight);
  if (plan.fixed_model.empty()) {
    const ModelId fallback(config_->policy.fallback_model);
    const bool usable = std::ranges::any_of(*offered, [&](const OfferedModel& model) { return model.spec->id == fallback; });
    if (usable) spec.fallback_model = fallback;
    if (config_->policy.kind == "remote") spec.router = config_->catalog->find(ModelId(config_->policy.model));
  } else {
    // One decision, one call: what fails there is the answer, not a reason to ask again.
    spec.mode = Mode::simple;
    std::erase_if(*offered, [&](const OfferedModel& model) { return model.spec->id != plan.fixed_model; });
  }
  spec.offered = std::move(*offered);
  spec.request = std::move(request);
  return plan;
}

}  // namespace xrouter::service
