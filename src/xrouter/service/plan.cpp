#include "xrouter/service/plan.hpp"

#include <algorithm>

#include "xrouter/service/base_spec.hpp"
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
  } else {
    offered = listed_models(config);
  }
  std::erase_if(offered, [&](const OfferedModel& model) { return !is_reachable(*model.spec, config); });
  return offered;
}

// The lower of the operator's limit and the client's.
std::optional<Usd> cost_limit(std::optional<Usd> configured, const RoutingWishes& wishes) {
  if (!wishes.max_cost_pico) return configured;
  const Usd wish = Usd::from_pico(*wishes.max_cost_pico);
  return configured ? std::min(*configured, wish) : wish;
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
  spec = base_spec(*config_);
  spec.limits.max_cost = cost_limit(spec.limits.max_cost, request.routing);
  spec.limits.deadline = deadline_within(config_->episode.deadline, hints.timeout);
  spec.depth = hints.depth;
  spec.cost_weight = request.routing.cost_weight.value_or(spec.cost_weight);
  if (plan.fixed_model.empty()) {
    const ModelId fallback(config_->policy.fallback_model);
    const bool usable = std::ranges::any_of(*offered, [&](const OfferedModel& model) { return model.spec->id == fallback; });
    if (usable) spec.fallback_model = fallback;
    spec.router = router_model(*config_);
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
