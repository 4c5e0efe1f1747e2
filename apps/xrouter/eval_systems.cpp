#include "eval_systems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "xrouter/base/rng.hpp"
#include "xrouter/base/suggest.hpp"
#include "xrouter/eval/baseline_systems.hpp"
#include "xrouter/eval/hex.hpp"
#include "xrouter/service/base_spec.hpp"

namespace xrouter::app {
namespace {

using eval::System;

constexpr std::string_view kModel = "model:";
constexpr std::string_view kBaseline = "baseline:";

// Hands every episode to the policy that a server of this configuration would run.
class Configured final : public Policy {
 public:
  explicit Configured(Policy& policy) : policy_(policy) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override {
    return policy_.decide(prompt, scope);
  }

 private:
  Policy& policy_;
};

class Choosing {
 public:
  Choosing(const EvalArguments& arguments, const config::Config& config, const eval::EpisodeSettings& settings,
           const std::shared_ptr<const corpus::Corpus>& corpus)
      : arguments_(arguments), config_(config), settings_(settings), corpus_(corpus), curve_(arguments.curve) {
    // Every further point asks every question again: nobody pays for that without having said so.
    if (curve_.empty() && config.upstreams.empty()) curve_.assign(std::begin(kUsualCurve), std::end(kUsualCurve));
  }

  std::vector<System> all() {
    std::vector<std::string> wanted = arguments_.systems;
    if (wanted.empty()) {
      wanted = {"policy", "singles"};
      if (corpus_) wanted.insert(wanted.begin() + 1, "baselines");
    }
    if (!arguments_.routers.models.empty())
      for (System& point : router_systems(arguments_.routers, config_, settings_, curve_)) keep(std::move(point));
    for (const std::string& name : wanted) add(name);
    return std::move(systems_);
  }

 private:
  void add(const std::string& name) {
    if (name == "policy") return add_policy();
    if (name == "singles") return add_singles();
    if (name == "baselines") return add_baselines();
    if (name.starts_with(kModel)) return add_model(name.substr(kModel.size()));
    if (name.starts_with(kBaseline)) return add_baseline(name.substr(kBaseline.size()));
    const std::vector<std::string> words{"policy", "singles", "baselines", "model:", "baseline:"};
    throw CommandFailure{kUsage, "unknown --system '" + name + "'" + did_you_mean(name, words) +
                                     "\n  policy, singles, baselines, model:<id> or baseline:<name>; 'xrouter eval --list' shows them"};
  }

  void keep(System system) {
    const bool known = std::any_of(systems_.begin(), systems_.end(), [&](const System& other) { return other.id == system.id; });
    if (!known) systems_.push_back(std::move(system));
  }

  void add_policy() {
    const config::PolicyConfig& policy = config_.policy;
    System system;
    system.id = "policy";
    const bool language_model = service::decides_by_language_model(config_);
    system.label = language_model ? std::filesystem::path(policy.model).filename().string() : policy.kind;
    system.description =
        policy.kind == "ngram" ? "The configured policy: the embedded n-gram router." : "The configured policy, kind " + policy.kind + ".";
    system.kind = eval::SystemKind::policy;
    if (const ModelSpec* router = service::router_model(config_)) system.router = router->id;
    system.fingerprint = policy.kind == "ngram" ? weights_hash()
                                                : policy.kind + " " + policy.model + " " + fmt::format("{}", fmt::join(policy.pair, "+")) +
                                                      " " + policy.strong;
    if (policy.kind == "local") system.fingerprint += fmt::format(" {} {} {} {}", policy.adapter, policy.precision, policy.temperature, policy.thinking);
    system.open = eval::same_policy_always([](const eval::WorkerContext& context) -> Result<std::shared_ptr<Policy>> {
      if (!context.configured) return fail(ErrorKind::config, "no policy is configured");
      return std::make_shared<Configured>(*context.configured);
    });
    const bool moved_by_weight = policy.kind == "ngram" || language_model;
    const std::vector<double> none;
    for (System& point : eval::swept(system, "policy", settings_.cost_weight, moved_by_weight ? curve_ : none)) keep(std::move(point));
  }

  void add_singles() {
    for (const OfferedModel& model : settings_.offered) keep(eval::single_model(*model.spec));
  }

  void add_model(const std::string& id) {
    std::vector<std::string> ids;
    for (const OfferedModel& model : settings_.offered) {
      if (model.spec->id.value == id) return keep(eval::single_model(*model.spec));
      ids.push_back(model.spec->id.value);
    }
    throw CommandFailure{kUsage,
                         "--system model:" + id + ": no such model is offered" + did_you_mean(id, ids) + "; 'xrouter models' lists them"};
  }

  void add_baselines() {
    for (const baselines::BaselineInfo& info : baselines::baseline_catalog()) {
      // The shipped policy is there already, as the policy.
      if (info.name == "ngram" && config_.policy.kind == "ngram" && arguments_.systems.empty()) continue;
      add_baseline(std::string(info.name));
    }
  }

  void add_baseline(const std::string& name) {
    std::vector<std::string> names;
    for (const baselines::BaselineInfo& info : baselines::baseline_catalog()) names.emplace_back(info.name);
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw CommandFailure{
          kUsage, "--system baseline:" + name + ": no such baseline" + did_you_mean(name, names) + "; 'xrouter eval --list' shows them"};
    for (System& system : require(eval::baseline_systems(name, source(), settings_.cost_weight, curve_))) keep(std::move(system));
  }

  const eval::BaselineSource& source() {
    if (source_) return *source_;
    if (!corpus_) throw CommandFailure{kUsage, "baselines are fitted on recorded answers, and the configuration names no recorded corpora"};
    source_.emplace();
    source_->data = require(baselines::load_fit_data(*corpus_, config_.catalog));
    source_->options.seed = arguments_.seed;
    source_->options.ngram = std::make_shared<const policy::NgramModel>(require(policy::NgramModel::load(weights_path())));
    source_->fingerprint = "weights " + weights_hash();
    for (const corpus::PackedFile& file : corpus_->files()) source_->fingerprint += " " + file.fingerprint();
    return *source_;
  }

  std::string weights_path() const { return config::data_path(config_, config_.policy.weights); }

  std::string weights_hash() const {
    constexpr std::size_t kMaxWeights = std::size_t{1} << 30;
    return eval::hex16(fnv1a64(require(corpus::read_file(weights_path(), kMaxWeights))));
  }

  const EvalArguments& arguments_;
  const config::Config& config_;
  const eval::EpisodeSettings& settings_;
  const std::shared_ptr<const corpus::Corpus>& corpus_;
  std::vector<double> curve_;
  std::vector<System> systems_;
  std::optional<eval::BaselineSource> source_;
};

}  // namespace

std::vector<eval::System> choose_systems(const EvalArguments& arguments, const config::Config& config,
                                         const eval::EpisodeSettings& settings, const std::shared_ptr<const corpus::Corpus>& corpus) {
  return Choosing(arguments, config, settings, corpus).all();
}

}  // namespace xrouter::app
