// xrouter serve: the router as an OpenAI-compatible endpoint.
#include <fmt/format.h>

#include <thread>

#include "assembly.hpp"
#include "reload.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/server/server.hpp"

namespace xrouter::app {
namespace {

struct ServeOptions {
  ConfigOption config;
  bool allow_no_auth = false;
};

class Backend final : public server::WorkerBackend {
 public:
  explicit Backend(std::unique_ptr<WorkerParts> parts) : parts_(std::move(parts)) {}
  Policy& router() override { return parts_->router(); }
  ModelPool& pool() override { return parts_->pool(); }
  std::vector<server::Metrics::Reading> breaker_states() const override {
    std::vector<server::Metrics::Reading> readings;
    for (auto& [name, state] : parts_->breaker_states()) readings.push_back({name, state});
    return readings;
  }

 private:
  std::unique_ptr<WorkerParts> parts_;
};

std::size_t workers_of(const config::Config& config) {
  if (config.server.workers > 0) return static_cast<std::size_t>(config.server.workers);
  return std::max(1u, std::thread::hardware_concurrency());
}

void print_banner(const config::Config& config, const service::Planner& planner, std::uint16_t port, std::size_t workers) {
  const std::string host = config.server.listen.substr(0, config.server.listen.rfind(':'));
  const std::string url = fmt::format("http://{}:{}", host, port);
  std::size_t pool_models = 0;
  for (const service::PublicModel& model : planner.models().list()) pool_models += model.pool_model ? 1 : 0;
  const bool keyed = !config.server.api_key_hashes.empty();
  fmt::print(stderr, "xrouter {} listens on {}\n", XROUTER_VERSION, url);
  fmt::print(stderr, "  models   '{}' (policy {}, cost weight {}) and {} pool models\n", config.router_name, config.policy.kind, config.episode.cost_weight, pool_models);
  fmt::print(stderr, "  config   {} ({}), {} worker{}, API keys {}\n", config.source, config.hash, workers, workers == 1 ? "" : "s",
             keyed ? fmt::format("required ({} known)", config.server.api_key_hashes.size()) : std::string("not required"));
  fmt::print(stderr, "  ledger   {}\n", config.ledger.enabled ? config.ledger.path : std::string("off"));
  fmt::print(stderr, "  try it   curl {}/v1/chat/completions -H 'content-type: application/json'{} \\\n", url, keyed ? " -H \"authorization: Bearer $KEY\"" : "");
  fmt::print(stderr, "             -d '{{\"model\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"...\"}}]}}'\n", config.router_name);
  if (!config.recorded.corpora.empty()) fmt::print(stderr, "           the recorded models know only their questions: xrouter data sample\n");
}

server::BackendFactory backends_of(const Assembly& assembly, Rng& rng) {
  return [&](boost::asio::io_context&, Timers& timers, std::size_t) -> Result<std::unique_ptr<server::WorkerBackend>> {
    auto parts = assembly.make_worker(timers, rng.next());
    if (!parts) return fail(parts.error());
    return std::make_unique<Backend>(std::move(*parts));
  };
}

Result<void> use_configuration(std::shared_ptr<const config::Config> config, const ServeOptions& options, server::Shared& shared, server::Server& running, Rng& rng) {
  if (auto closed = check_open_port(*config); !closed && !options.allow_no_auth) return closed;
  auto keys = server::KeyRing::make(config->server.api_key_hashes);
  if (!keys) return fail(keys.error());
  auto made = Assembly::make(config, static_cast<int>(workers_of(*config)));
  if (!made) return fail(made.error());
  const std::shared_ptr<const Assembly> assembly = std::move(*made);
  auto snapshot = std::make_shared<server::Snapshot>(config, assembly->availability(), &shared.affinity, std::move(*keys), assembly);
  return running.use(std::move(snapshot), backends_of(*assembly, rng));
}

// SIGHUP: what is wrong with the new configuration is logged, and the old one stays in force.
void reload(const ServeOptions& options, server::Shared& shared, server::Server& running, Rng& rng) {
  auto config = options.config.read();
  Result<void> used = config ? use_configuration(*config, options, shared, running, rng) : Result<void>(fail(config.error()));
  if (!used) return log_refused(used.error());
  log::set_level(log_level_of((*config)->log_level));
  log_reloaded(**config, shared.initial->config());
}

void serve(const ServeOptions& options) {
  const auto loaded = options.config.load();
  auto assembly = require(Assembly::make(loaded, static_cast<int>(workers_of(*loaded))));
  const config::Config& config = *loaded;
  log::set_level(log_level_of(config.log_level));
  if (!options.allow_no_auth) require(check_open_port(config));
  for (const std::string& warning : config::warnings(config)) log::warn("config", warning);
  auto keys = require(server::KeyRing::make(config.server.api_key_hashes));
  require(assembly->open_ledger());

  server::Shared shared(assembly->config(), assembly->availability(), assembly->book(), std::move(keys));
  if (const service::RequestBook* book = assembly->book())
    shared.metrics.on_render_queue_depth([book] { return std::vector<server::Metrics::Reading>{{"journal_bytes", static_cast<double>(book->backlog_bytes())}}; });
  Rng rng(system_seed());
  const server::ServerOptions server_options{.listen = config.server.listen, .workers = workers_of(config), .seed = rng.next()};
  {
    auto running = require(server::Server::start(shared, backends_of(*assembly, rng), server_options), kFailed);
    print_banner(config, shared.initial->planner, running->port(), server_options.workers);
    running->run_until_signal([&] { reload(options, shared, *running, rng); });
  }
  require(assembly->flush_ledger(), kFailed);
  fmt::print(stderr, "xrouter has ended; the ledger is complete\n");
}

}  // namespace

void add_serve(CLI::App& program) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = program.add_subcommand("serve", "Serves the router as an OpenAI-compatible endpoint");
  ConfigOption& config = options->config;
  add_setting(*command, config, "--listen", "server.listen", "Address and port, for example 127.0.0.1:8800; port 0 takes a free one");
  add_setting(*command, config, "--ledger", "ledger.path", "SQLite file of the ledger");
  add_setting(*command, config, "--workers", "server.workers", "Threads; 0 is one per core");
  add_setting(*command, config, "--log-level", "log_level", "debug, info, warn, error or off");
  add_setting(*command, config, "--cost-weight", "episode.cost_weight", "How much cost counts against expected success; 0 is quality only");
  add_setting(*command, config, "--policy", "policy.kind", "Who decides: ngram, remote, local, fixed or cascade");
  add_setting(*command, config, "--model,--policy-model", "policy.model", "The policy's model: of local the name of a pulled one, a folder or a GGUF file");
  command->add_flag("--allow-no-auth", options->allow_no_auth, "Serve other machines although no API key is configured");
  options->config.add_to(*command);
  command->callback([options] { serve(*options); });
}

}  // namespace xrouter::app
