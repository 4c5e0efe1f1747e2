#include "xrouter/config/checks.hpp"

#include <algorithm>

#include "xrouter/config/load.hpp"
#include "xrouter/base/suggest.hpp"

namespace xrouter::config {
namespace {

/// What data/recorded ships.
std::vector<std::string> shipped_corpora() {
  return {"recorded/mmlu_pro-knowledge.jsonl.zst", "recorded/mmlu_pro-stem.jsonl.zst", "recorded/zeroeval.jsonl.zst"};
}

std::string entry_path(std::size_t index) { return "upstreams[" + std::to_string(index) + "]"; }

std::vector<std::string> upstream_names(const Assembly& assembly) {
  std::vector<std::string> names;
  for (const UpstreamDraft& upstream : assembly.upstreams) names.push_back(upstream.value.name);
  return names;
}

bool is_configured(const Assembly& assembly, const std::string& upstream) {
  return std::any_of(assembly.upstreams.begin(), assembly.upstreams.end(),
                     [&](const UpstreamDraft& each) { return each.value.name == upstream; });
}

/// Whether something answers for the model.
bool is_served(const Assembly& assembly, const ModelSpec& model) {
  if (model.upstream == kRecordedUpstream) return !assembly.draft.config.recorded.corpora.empty();
  return is_configured(assembly, model.upstream);
}

void bind_one(Assembly& assembly, const UpstreamDraft& upstream, const std::string& path, const Binding& binding) {
  ModelDraft* model = find_model(assembly.models, binding.model);
  const auto problem = [&](std::string text) { assembly.report.add(assembly.file, binding.mark, path + ".models", std::move(text)); };
  if (model == nullptr)
    return problem("model '" + binding.model +
                   "' is not in the catalogue (one of your own needs an entry with its prices under the file's `models`)" +
                   did_you_mean(binding.model, ids_of(assembly.models)));
  if (model->value.upstream == kRecordedUpstream)
    return problem("model '" + binding.model + "' stands for recorded answers; give the live model an id of its own under `models`");
  const std::string& name = upstream.value.name;
  if (model->value.upstream.empty()) model->value.upstream = name;
  if (model->value.upstream == name) {
    if (!binding.upstream_model.empty()) model->value.upstream_model = binding.upstream_model;
    return;
  }
  auto& others = model->value.alternatives;
  auto other = std::find_if(others.begin(), others.end(), [&](const Deployment& each) { return each.upstream == name; });
  if (other == others.end() && others.size() + 1 >= kMaxDeployments)
    return problem("model '" + binding.model + "' has more than " + std::to_string(kMaxDeployments) + " upstreams");
  if (other == others.end()) other = others.insert(others.end(), {.upstream = name, .model = model->catalogue_name});
  if (!binding.upstream_model.empty()) other->model = binding.upstream_model;
}

/// What every upstream calls a model, unless an upstream's list says otherwise.
void settle_upstream_names(ModelDraft& model) {
  std::string& name = model.value.upstream_model;
  if (name.empty()) name = model.value.id.value;
  model.catalogue_name = name;
  for (Deployment& other : model.value.alternatives) other.model = name;
}

void check_upstreams_of(Assembly& assembly, const ModelDraft& model) {
  const auto problem = [&](std::string text) {
    assembly.report.add(model.file, model.mark, "models." + model.value.id.value + ".upstream", std::move(text));
  };
  const auto check = [&](const std::string& upstream) {
    if (upstream.empty() || upstream == kRecordedUpstream || is_configured(assembly, upstream)) return;
    problem("upstream '" + upstream + "' is not configured" + did_you_mean(upstream, upstream_names(assembly)));
  };
  check(model.value.upstream);
  for (const Deployment& other : model.value.alternatives) {
    check(other.upstream);
    if (model.value.upstream == kRecordedUpstream || other.upstream == kRecordedUpstream)
      return problem("recorded answers cannot stand in for a live upstream, nor the other way round");
  }
}

void check_model(Assembly& assembly, const std::string& setting, const std::string& id, bool must_be_offered) {
  if (id.empty()) return;
  const ModelDraft* model = find_model(assembly.models, id);
  if (model == nullptr)
    return assembly.problem(setting, "model '" + id + "' is not in the catalogue" + did_you_mean(id, ids_of(assembly.models)));
  if (!is_served(assembly, model->value))
    return assembly.problem(setting, "nothing serves model '" + id + "'; list it under `models` of an upstream");
  if (must_be_offered && !model->value.active) assembly.problem(setting, "model '" + id + "' is not active");
}

void require_setting(Assembly& assembly, const std::string& setting, bool present) {
  if (!present)
    assembly.report.add(assembly.file, assembly.mark_of("policy"), setting, "is needed by policy.kind " + assembly.config().policy.kind);
}

void check_policy(Assembly& assembly) {
  const PolicyConfig& policy = assembly.config().policy;
  const bool in_process = policy.kind == "local";  // its model is a file and need not be in the catalogue
  if (policy.kind == "remote" || policy.kind == "fixed" || in_process) require_setting(assembly, "policy.model", !policy.model.empty());
  if (policy.kind == "cascade") {
    require_setting(assembly, "policy.pair", policy.pair.size() == 2);
    require_setting(assembly, "policy.strong", !policy.strong.empty());
  }
  if (!in_process) check_model(assembly, "policy.model", policy.model, false);
  for (const std::string& id : policy.pair) check_model(assembly, "policy.pair", id, true);
  check_model(assembly, "policy.strong", policy.strong, true);
  check_model(assembly, "policy.fallback_model", policy.fallback_model, false);
  check_model(assembly, "policy.reference_model", policy.reference_model, false);
}

void check_router_names(Assembly& assembly) {
  const Config& config = assembly.config();
  const auto check = [&](const std::string& setting, const std::string& name) {
    if (find_model(assembly.models, name) != nullptr)
      assembly.problem(setting, "'" + name + "' is the id of a model; the router needs another name");
  };
  check("router_name", config.router_name);
  for (const std::string& alias : config.router_aliases) {
    check("router_aliases", alias);
    if (alias == config.router_name) assembly.problem("router_aliases", "'" + alias + "' is router_name already");
  }
}

/// A limit that must not be longer than the one around it.
struct Nesting {
  std::string inner;
  milliseconds inner_value;
  std::string outer;
  milliseconds outer_value;
};

std::string too_long(const Nesting& limit) {
  return std::to_string(limit.inner_value.count()) + " ms is longer than " + limit.outer + " of " +
         std::to_string(limit.outer_value.count()) + " ms around it, so it could never take effect";
}

}  // namespace

void check_upstream_names(Assembly& assembly) {
  for (std::size_t i = 0; i < assembly.upstreams.size(); ++i) {
    const UpstreamDraft& upstream = assembly.upstreams[i];
    const auto problem = [&](std::string text) { assembly.report.add(assembly.file, upstream.mark, entry_path(i), std::move(text)); };
    if (!upstream.given.contains("name")) problem("'name' is missing");
    if (!upstream.given.contains("base_url")) problem("'base_url' is missing");
    if (upstream.value.name == kRecordedUpstream) problem("the name 'recorded' stands for recorded answers; take another one");
    for (std::size_t j = 0; j < i; ++j)
      if (!upstream.value.name.empty() && assembly.upstreams[j].value.name == upstream.value.name)
        problem("the name '" + upstream.value.name + "' is taken by " + entry_path(j));
  }
}

void bind_models(Assembly& assembly) {
  for (ModelDraft& model : assembly.models) settle_upstream_names(model);
  for (std::size_t i = 0; i < assembly.upstreams.size(); ++i)
    for (const Binding& binding : assembly.upstreams[i].models) bind_one(assembly, assembly.upstreams[i], entry_path(i), binding);
  for (const ModelDraft& model : assembly.models) check_upstreams_of(assembly, model);
}

void settle_defaults(Assembly& assembly) {
  Config& config = assembly.config();
  if (!assembly.given.contains("recorded.corpora") && assembly.upstreams.empty()) config.recorded.corpora = shipped_corpora();
  if (!assembly.given.contains("policy.timeout_ms")) config.policy.timeout = std::min(config.policy.timeout, config.episode.deadline);
  if (!assembly.given.contains("retry.max_retry_after_ms"))
    config.retry.max_retry_after = std::min(config.retry.max_retry_after, config.episode.deadline);
  for (UpstreamDraft& upstream : assembly.upstreams) {
    UpstreamConfig& value = upstream.value;
    const auto settle = [&](const char* name, milliseconds& inner, milliseconds outer) {
      if (!upstream.given.contains(name)) inner = std::min(inner, outer);
    };
    settle("attempt_timeout_ms", value.attempt_timeout, config.episode.deadline);
    settle("first_token_timeout_ms", value.first_token_timeout, value.attempt_timeout);
    settle("idle_timeout_ms", value.idle_timeout, value.attempt_timeout);
    settle("connect_timeout_ms", value.connect_timeout, value.attempt_timeout);
  }
}

void settle_active_models(Assembly& assembly) {
  bool any = false;
  for (ModelDraft& model : assembly.models) {
    model.value.active = model.value.active && is_served(assembly, model.value);
    any = any || model.value.active;
  }
  if (!any && assembly.report.empty())
    assembly.report.add(assembly.file, {}, "",
                        "no model can be offered: nothing serves an active one; list models under `models` of an upstream");
}

void check_limits(Assembly& assembly) {
  const Config& config = assembly.config();
  const auto check = [&](const Nesting& limit) {
    if (limit.inner_value > limit.outer_value) assembly.problem(limit.inner, too_long(limit));
  };
  check({"policy.timeout_ms", config.policy.timeout, "episode.deadline_ms", config.episode.deadline});
  check({"retry.max_retry_after_ms", config.retry.max_retry_after, "episode.deadline_ms", config.episode.deadline});
  check({"retry.backoff_base_ms", config.retry.backoff_base, "retry.backoff_cap_ms", config.retry.backoff_cap});
  for (std::size_t i = 0; i < assembly.upstreams.size(); ++i) {
    const UpstreamDraft& upstream = assembly.upstreams[i];
    const UpstreamConfig& value = upstream.value;
    const auto check_inner = [&](const Nesting& limit) {
      if (limit.inner_value > limit.outer_value)
        assembly.report.add(assembly.file, upstream.mark, entry_path(i) + "." + limit.inner, too_long(limit));
    };
    check_inner({"attempt_timeout_ms", value.attempt_timeout, "episode.deadline_ms", config.episode.deadline});
    check_inner({"connect_timeout_ms", value.connect_timeout, "attempt_timeout_ms", value.attempt_timeout});
    check_inner({"first_token_timeout_ms", value.first_token_timeout, "attempt_timeout_ms", value.attempt_timeout});
    check_inner({"idle_timeout_ms", value.idle_timeout, "attempt_timeout_ms", value.attempt_timeout});
  }
  if (config.episode.max_calls_per_turn > config.episode.max_calls && assembly.given.contains("episode.max_calls_per_turn"))
    assembly.problem("episode.max_calls_per_turn", "is larger than episode.max_calls of " + std::to_string(config.episode.max_calls));
}

void check_model_names(Assembly& assembly) {
  check_policy(assembly);
  check_router_names(assembly);
  for (const std::string& id : assembly.config().offered) check_model(assembly, "offered", id, true);
}

bool is_used(const Assembly& assembly, const std::string& upstream) {
  return std::any_of(assembly.models.begin(), assembly.models.end(),
                     [&](const ModelDraft& model) {
                       const auto& others = model.value.alternatives;
                       return model.value.upstream == upstream ||
                              std::any_of(others.begin(), others.end(), [&](const Deployment& other) { return other.upstream == upstream; });
                     });
}

}  // namespace xrouter::config
