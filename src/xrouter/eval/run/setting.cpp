#include "xrouter/eval/run/setting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "xrouter/service/base_spec.hpp"

namespace xrouter::eval {
namespace {

const std::string& corpus_name(const ModelSpec& model) { return model.upstream_model.empty() ? model.id.value : model.upstream_model; }

bool is_recorded(const ModelSpec& model) { return model.upstream == kRecordedUpstream; }

bool holds(const std::vector<OfferedModel>& models, const ModelId& id) {
  return std::any_of(models.begin(), models.end(), [&](const OfferedModel& model) { return model.spec->id == id; });
}

}  // namespace

std::string EpisodeSettings::text() const {
  std::string out =
      fmt::format("mode {} turns {} calls {} per-turn {} tokens {} deadline-ms {} attempts {} output-tokens {} on-limit {} weight {}",
                  to_text(mode), limits.max_turns, limits.max_calls, limits.max_calls_per_turn, limits.max_tokens,
                  std::chrono::duration_cast<std::chrono::milliseconds>(limits.deadline).count(), limits.attempts_per_call,
                  limits.default_output_tokens, on_turn_limit == OnTurnLimit::fail ? "fail" : "last_reply", cost_weight);
  if (router_output_tokens != EpisodeSpec{}.router_output_tokens) out += fmt::format(" router-tokens {}", router_output_tokens);
  if (limits.max_cost) out += " cost " + limits.max_cost->to_decimal();
  if (sampling.temperature) out += fmt::format(" temperature {}", *sampling.temperature);
  if (sampling.top_p) out += fmt::format(" top-p {}", *sampling.top_p);
  if (sampling.max_output_tokens) out += fmt::format(" max-tokens {}", *sampling.max_output_tokens);
  return out;
}

EpisodeSettings settings_of(const config::Config& config) {
  const EpisodeSpec base = service::base_spec(config);
  EpisodeSettings out{.catalog = base.catalog, .offered = service::listed_models(config)};
  std::erase_if(out.offered, [](const OfferedModel& model) { return model.spec->upstream.empty(); });  // runs nowhere
  out.limits = base.limits;
  out.mode = base.mode;
  out.on_turn_limit = base.on_turn_limit;
  out.cost_weight = base.cost_weight;
  out.router_output_tokens = base.router_output_tokens;
  out.router_name = config.router_name;
  return out;
}

Offers::Offers(const QuestionSet& questions, const EpisodeSettings& settings) {
  std::map<std::vector<std::string>, std::shared_ptr<const std::vector<OfferedModel>>> known;
  for (const Question& question : questions.questions) {
    auto& offer = known[question.recorded_models];
    if (!offer) {
      auto able = std::make_shared<std::vector<OfferedModel>>();
      const auto& recorded = question.recorded_models;
      for (const OfferedModel& model : settings.offered) {
        const bool has_answer = std::find(recorded.begin(), recorded.end(), corpus_name(*model.spec)) != recorded.end();
        if (!is_recorded(*model.spec) || has_answer) able->push_back(model);
        any_live_ = any_live_ || !is_recorded(*model.spec);
      }
      offer = std::move(able);
    }
    by_question_.push_back(offer);
  }
}

bool Offers::applicable(std::size_t question, const System& system) const {
  const auto& offered = of(question);
  const auto there = [&](const ModelId& id) { return holds(offered, id); };
  if (!std::all_of(system.needs.begin(), system.needs.end(), there)) return false;
  return system.models.empty() ? !offered.empty() : std::any_of(system.models.begin(), system.models.end(), there);
}

EpisodeSpec spec_of(const Question& question, const System& system, const EpisodeSettings& settings,
                    const std::vector<OfferedModel>& offered) {
  EpisodeSpec spec;
  spec.request.model = settings.router_name;
  spec.request.messages.push_back({.role = Role::user, .content = question.prompt});
  spec.request.sampling = settings.sampling;
  spec.catalog = settings.catalog;
  const auto wanted = [&](const ModelId& id) {
    return system.models.empty() || std::find(system.models.begin(), system.models.end(), id) != system.models.end();
  };
  for (const OfferedModel& model : offered)
    if (wanted(model.spec->id)) spec.offered.push_back(model);
  spec.limits = settings.limits;
  spec.mode = settings.mode;
  spec.on_turn_limit = settings.on_turn_limit;
  spec.cost_weight = system.cost_weight.value_or(settings.cost_weight);
  spec.router_output_tokens = settings.router_output_tokens;
  if (!system.router.empty()) spec.router = settings.catalog->find(system.router);
  return spec;
}

}  // namespace xrouter::eval
