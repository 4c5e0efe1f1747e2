#include "assembly.hpp"

#include <filesystem>

#include "local_router.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/engine/routing_pool.hpp"
#include "xrouter/policy/cascade.hpp"
#include "xrouter/policy/fixed.hpp"
#include "xrouter/policy/ngram_policy.hpp"
#include "xrouter/policy/remote.hpp"
#include "xrouter/recorded/recorded_pool.hpp"
#include "xrouter/service/ledger_book.hpp"

#ifdef XROUTER_HTTP
#include "xrouter/net/connector.hpp"
#include "xrouter/upstream/openai_pool.hpp"
#endif

namespace xrouter::app {
namespace {

using ConfigPtr = std::shared_ptr<const config::Config>;

// Live upstreams. Without the HTTP stack there are none, and configuring one is an error.
#ifdef XROUTER_HTTP
class LivePools {
 public:
  Result<void> open(const config::Config& config, Rng rng, RoutingPool& into) {
    pool_ = std::make_unique<upstream::OpenAiPool>(
        upstream::PoolOptions{.retry = config.retry, .breaker = config.breaker, .version = XROUTER_VERSION}, rng.fork("upstreams"));
    for (const config::UpstreamConfig& upstream : config.upstreams) {
      auto connector = net::SystemConnector::create({.ca_file = upstream.ca_file});
      if (!connector) return fail(connector.error());
      connectors_.push_back(std::move(*connector));
      if (auto added = pool_->add(upstream, *connectors_.back()); !added) return added;
      into.add(upstream.name, *pool_);
    }
    return {};
  }

  std::vector<std::pair<std::string, double>> breaker_states() const {
    std::vector<std::pair<std::string, double>> states;
    for (const auto& each : pool_->upstreams()) {
      const upstream::GateState state = each->gauges().state;
      const bool unusable = state == upstream::GateState::open || each->dead_keys() == static_cast<int>(each->keys());
      states.emplace_back(each->name(), unusable ? 2 : state == upstream::GateState::half_open ? 1 : 0);
    }
    return states;
  }

 private:
  std::vector<std::unique_ptr<net::SystemConnector>> connectors_;
  std::unique_ptr<upstream::OpenAiPool> pool_;  // uses the connectors
};
#else
class LivePools {
 public:
  Result<void> open(const config::Config& config, Rng, RoutingPool&) {
    if (config.upstreams.empty()) return {};
    return fail(ErrorKind::config, "this program was built without HTTP, so it cannot use the upstreams of " + config.source);
  }
  std::vector<std::pair<std::string, double>> breaker_states() const { return {}; }
};
#endif

class RecordedAvailability final : public service::Availability {
 public:
  explicit RecordedAvailability(const recorded::RecordedPool& pool) : pool_(pool) {}
  Result<std::vector<OfferedModel>> available(const ChatRequest& request, std::vector<OfferedModel> models) const override {
    return pool_.narrowed(request, models);
  }

 private:
  const recorded::RecordedPool& pool_;
};

struct Parts final : WorkerParts {
  Policy& router() override { return *policy; }
  ModelPool& pool() override { return pools; }
  std::vector<std::pair<std::string, double>> breaker_states() const override { return live.breaker_states(); }

  LivePools live;
  RoutingPool pools;
  std::unique_ptr<Policy> policy;
};

class AssemblyImpl final : public Assembly {
 public:
  explicit AssemblyImpl(ConfigPtr config) : config_(std::move(config)) {}

  Result<void> load(int request_threads) {
    auto recorded = load_recorded();
    if (recorded && config_->policy.kind == "local") return load_router(request_threads);
    if (!recorded || config_->policy.kind != "ngram") return recorded;
    auto weights = policy::NgramModel::load(config::data_path(*config_, config_->policy.weights));
    if (!weights) return fail(weights.error());
    ngram_ = std::make_shared<const policy::NgramModel>(std::move(*weights));
    return {};
  }

  const ConfigPtr& config() const override { return config_; }
  const LoadedLanguageModel* language_model() const override { return language_model_.get(); }
  const service::Availability* availability() const override { return availability_.get(); }
  service::RequestBook* book() const override { return book_.get(); }

  Result<void> open_ledger() override {
    if (!config_->ledger.enabled) return {};
    if (auto made = make_default_folder(); !made) return made;
    store::StoreOptions options;
    options.path = config_->ledger.path;
    options.max_journal_bytes = config_->ledger.max_journal_bytes;
    auto opened = store::LedgerStore::open(std::move(options));
    if (!opened) return fail(opened.error());
    ledger_ = std::move(*opened);
    book_ = std::make_unique<service::LedgerBook>(*ledger_, system_clock());
    return {};
  }

  Result<void> flush_ledger() override { return ledger_ ? ledger_->flush() : Result<void>(); }

  Result<std::unique_ptr<WorkerParts>> make_worker(Timers&, std::uint64_t seed) const override {
    auto parts = std::make_unique<Parts>();
    const Rng rng(seed);
    auto opened = parts->live.open(*config_, rng, parts->pools);
    if (!opened) return fail(opened.error());
    if (recorded_) parts->pools.add(std::string(kRecordedUpstream), *recorded_);
    auto policy = make_policy(parts->pools, rng);
    if (!policy) return fail(policy.error());
    parts->policy = std::move(*policy);
    return parts;
  }

 private:
  // Only the folder that nobody named: a path in the configuration may be a slip.
  Result<void> make_default_folder() const {
    const std::string& path = config_->ledger.path;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (folder.empty() || path != config::default_ledger_path(config::process_environment)) return {};
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) return fail(ErrorKind::io, "the folder '" + folder.string() + "' of the ledger cannot be made: " + error.message());
    return {};
  }

  Result<void> load_router(int request_threads) {
    auto loaded = load_language_model(router_model_options(*config_, request_threads));
    if (!loaded) return fail(loaded.error());
    language_model_ = std::move(*loaded);
    router_ = as_router(language_model_);
    return {};
  }

  Result<void> load_recorded() {
    if (config_->recorded.corpora.empty()) return {};
    std::vector<std::string> files;
    for (const std::string& file : config_->recorded.corpora) files.push_back(config::data_path(*config_, file));
    auto corpus = corpus::Corpus::open(files);
    if (!corpus) return fail(corpus.error());
    recorded_ = std::make_unique<recorded::RecordedPool>(std::move(*corpus), recorded::RecordedPoolOptions{.replay_latency = config_->recorded.replay_latency});
    availability_ = std::make_unique<RecordedAvailability>(*recorded_);
    return {};
  }

  // The loader has checked that the settings of the chosen kind name models of the catalogue.
  Result<std::unique_ptr<Policy>> make_policy(ModelPool& pool, const Rng& rng) const {
    const config::PolicyConfig& wanted = config_->policy;
    if (wanted.kind == "local") return std::make_unique<policy_lm::LocalPolicy>(router_, rng.fork("decisions"), decision_options(wanted));
    if (wanted.kind == "ngram") return std::make_unique<policy::NgramPolicy>(ngram_);
    if (wanted.kind == "fixed") return std::make_unique<policy::FixedPolicy>(ModelId(wanted.model));
    if (wanted.kind == "cascade" && wanted.pair.size() == 2)
      return std::make_unique<policy::CascadePolicy>(policy::CascadeModels{ModelId(wanted.pair[0]), ModelId(wanted.pair[1]), ModelId(wanted.strong)});
    const ModelSpec* router = config_->catalog->find(ModelId(wanted.model));
    if (wanted.kind != "remote" || !router) return fail(ErrorKind::config, "policy '" + wanted.kind + "' lacks its settings");
    const policy::RemoteOptions options{.timeout = wanted.timeout, .max_attempts = config_->retry.max_attempts};
    return std::make_unique<policy::RemotePolicy>(*router, pool, options);
  }

  ConfigPtr config_;
  std::shared_ptr<const policy::NgramModel> ngram_;
  std::shared_ptr<const LoadedLanguageModel> language_model_;
  std::shared_ptr<const policy_lm::RouterModel> router_;
  std::unique_ptr<recorded::RecordedPool> recorded_;  // immutable, shared by the workers
  std::unique_ptr<RecordedAvailability> availability_;
  std::unique_ptr<store::LedgerStore> ledger_;
  std::unique_ptr<service::LedgerBook> book_;
};

}  // namespace

void add_setting(CLI::App& command, ConfigOption& config, const std::string& option, const std::string& setting, const std::string& help) {
  command.add_option_function<std::string>(
      option, [&config, setting](const std::string& value) { config.settings.push_back(setting + "=" + value); }, help);
}

Result<std::unique_ptr<Assembly>> Assembly::make(ConfigPtr config, int request_threads) {
  auto assembly = std::make_unique<AssemblyImpl>(std::move(config));
  auto ready = assembly->load(request_threads);
  if (!ready) return fail(ready.error());
  return assembly;
}

log::Level log_level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warn") return log::Level::warn;
  if (name == "error") return log::Level::error;
  return name == "off" ? log::Level::off : log::Level::info;
}

}  // namespace xrouter::app
