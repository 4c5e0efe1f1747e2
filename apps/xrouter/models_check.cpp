#include "models_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.hpp"
#include "config_option.hpp"
#include "text_table.hpp"
#include "xrouter/base/clock.hpp"
#include "xrouter/corpus/corpus.hpp"

#ifdef XROUTER_HTTP
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "xrouter/async/join.hpp"
#include "xrouter/async/timers.hpp"
#include "xrouter/net/connector.hpp"
#include "xrouter/upstream/probe.hpp"
#endif

namespace xrouter::app {
namespace {

/// One key of an upstream, or the recorded answers, after the check.
struct Finding {
  std::string upstream;
  std::string place;  ///< host, or number of questions
  std::string status = "ok";
  std::string time = "-";
  bool usable = true;
  std::optional<std::vector<std::string>> models = {};  ///< what it says it has; empty: it does not say
};

#ifdef XROUTER_HTTP
constexpr std::size_t kProbesAtOnce = 8;

// Never a text of the upstream: it may repeat a key.
std::string words_of(const Error& error, int http_status) {
  std::string text(label_of(error.kind));
  if (error.kind == ErrorKind::upstream_credentials) text = "key refused";
  if (error.kind == ErrorKind::upstream_unreachable && http_status == 0) text = "cannot be reached";
  if (error.kind == ErrorKind::attempt_timeout || error.kind == ErrorKind::deadline_exceeded) text = "no answer in time";
  if (http_status != 0) text += fmt::format(" (HTTP {})", http_status);
  return text;
}

struct Target {
  const config::UpstreamConfig* config = nullptr;
  std::string label;  ///< with the number of the key, when there are several
  upstream::Endpoint endpoint;
  Secret key;
  std::unique_ptr<net::SystemConnector> connector = {};
  Finding* finding = nullptr;
};

void note(Finding& finding, const upstream::ProbeResult& result) {
  finding.time = fmt::format("{:.0f} ms", std::chrono::duration<double, std::milli>(result.latency).count());
  finding.models = result.models;
  finding.usable = !result.error;
  if (result.error)
    finding.status = words_of(*result.error, result.http_status);
  else if (result.http_status == 429)
    finding.status = "ok, rate limited now";
  else if (!result.models)
    finding.status = "ok, lists no models";
}

// Takes the next target until none is left; several of these run side by side.
boost::asio::awaitable<bool> probe_next(std::vector<Target>& targets, std::size_t& next, Duration timeout, CallScope& scope) {
  while (next < targets.size()) {
    Target& target = targets[next++];
    net::HttpClientOptions options;
    options.connect_timeout = target.config->connect_timeout;
    options.max_body_bytes = upstream::kMaxListBytes;
    net::HttpClient http(*target.connector, options);
    CallScope limit(scope, timeout, target.finding->upstream);
    const upstream::ProbeResult result = co_await upstream::probe(target.endpoint, target.key, http, limit);
    note(*target.finding, result);
  }
  co_return true;
}

boost::asio::awaitable<void> probe_all(std::vector<Target>& targets, Duration timeout, CallScope& scope) {
  std::size_t next = 0;
  std::vector<boost::asio::awaitable<bool>> workers;
  for (std::size_t i = 0; i < std::min(kProbesAtOnce, targets.size()); ++i) workers.push_back(probe_next(targets, next, timeout, scope));
  co_await join_all(scope.executor(), std::move(workers));
}

void add_targets(const config::UpstreamConfig& upstream, std::vector<Target>& targets) {
  auto endpoint = require(upstream::parse_endpoint(upstream));
  std::vector<Secret> keys = upstream.api_keys;
  if (keys.empty()) keys.emplace_back();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Target target{.config = &upstream, .label = upstream.name, .endpoint = endpoint, .key = keys[i]};
    if (keys.size() > 1) target.label += "#" + std::to_string(i + 1);
    target.connector = require(net::SystemConnector::create({.ca_file = upstream.ca_file}));
    targets.push_back(std::move(target));
  }
}

void check_upstreams(const config::Config& config, Duration timeout, std::vector<Finding>& findings) {
  boost::asio::io_context io(1);
  AsioTimers timers(io);
  std::vector<Target> targets;
  for (const config::UpstreamConfig& upstream : config.upstreams) add_targets(upstream, targets);
  findings.resize(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    targets[i].finding = &findings[i];
    const net::Origin& origin = targets[i].endpoint.origin;
    findings[i].upstream = targets[i].label;
    findings[i].place = fmt::format("{}:{}", origin.host, origin.port);
  }
  CallScope scope(io.get_executor(), timers, Deadline::never(), "check");
  std::exception_ptr failure;
  boost::asio::co_spawn(io, probe_all(targets, timeout, scope), [&](std::exception_ptr error) {
    failure = error;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
}
#else
void check_upstreams(const config::Config& config, Duration, std::vector<Finding>&) {
  if (!config.upstreams.empty()) throw CommandFailure{kUsage, "this program was built without HTTP, so it cannot use the upstreams of " + config.source};
}
#endif

void check_recorded(const config::Config& config, std::vector<Finding>& findings) {
  if (config.recorded.corpora.empty()) return;
  std::vector<std::string> files;
  for (const std::string& file : config.recorded.corpora) files.push_back(config::data_path(config, file));
  const auto corpus = corpus::Corpus::open(files);
  Finding finding{.upstream = std::string(kRecordedUpstream), .place = corpus ? fmt::format("{} questions", (*corpus)->size()) : "-"};
  finding.usable = corpus.has_value();
  finding.status = corpus ? "ok, recorded answers" : corpus.error().describe();
  findings.push_back(std::move(finding));
}

/// What the model's first usable upstream says of it.
struct ModelStatus {
  std::string text;
  bool usable = true;
};

bool is_of(const Finding& finding, const std::string& upstream) { return finding.upstream == upstream || finding.upstream.starts_with(upstream + "#"); }

ModelStatus status_at(const std::vector<Finding>& findings, const std::string& upstream, const std::string& name) {
  ModelStatus status{.text = "upstream not usable", .usable = false};
  for (const Finding& finding : findings) {
    if (!is_of(finding, upstream) || !finding.usable) continue;
    if (!finding.models) return {.text = upstream == kRecordedUpstream ? "recorded" : "not told"};
    if (std::ranges::find(*finding.models, name) != finding.models->end()) return {.text = "listed"};
    status.text = "not listed";
  }
  return status;
}

bool print_upstreams(const std::vector<Finding>& findings) {
  bool usable = true;
  TextTable table{"UPSTREAM", "AT", ">TIME", ">MODELS", "STATUS"};
  for (const Finding& finding : findings) {
    table.add({finding.upstream, finding.place, finding.time, finding.models ? std::to_string(finding.models->size()) : "-", finding.status});
    usable = usable && finding.usable;
  }
  table.print(0);
  return usable;
}

bool print_models(const config::Config& config, const std::vector<Finding>& findings) {
  bool usable = true;
  TextTable table{"MODEL", "UPSTREAM", "ITS NAME THERE", "STATUS"};
  const auto add = [&](const ModelSpec& model, const std::string& upstream, const std::string& name) {
    const ModelStatus status = status_at(findings, upstream, name);
    table.add({model.id.value, upstream, name, status.text});
    usable = usable && status.usable;
  };
  for (const ModelSpec& model : config.catalog->models()) {
    // What is not offered may be the router's own model, or asked for by its name.
    const bool served = !model.upstream.empty() && (model.upstream != kRecordedUpstream || !config.recorded.corpora.empty());
    if (!served) continue;
    add(model, model.upstream, model.upstream_model);
    for (const Deployment& other : model.alternatives) add(model, other.upstream, other.model);
  }
  fmt::print("\n");
  table.print(0);
  return usable;
}

void check(const ConfigOption& options, double timeout_s) {
  const auto config = options.load();
  std::vector<Finding> findings;
  check_upstreams(*config, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(timeout_s)), findings);
  check_recorded(*config, findings);
  const bool upstreams = print_upstreams(findings);
  const bool models = print_models(*config, findings);
  std::fflush(stdout);
  if (!upstreams || !models) throw CommandFailure{kFailed, "not everything that is configured can be used"};
}

}  // namespace

void add_models_check(CLI::App& models) {
  struct Arguments {
    ConfigOption options;
    double timeout_s = 10;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = models.add_subcommand("check", "Ask every upstream for its models: can it be reached, is each key accepted, is each model there? Costs nothing");
  command->add_option("--timeout", arguments->timeout_s, "Longest time for one upstream, in seconds")->check(CLI::Range(0.1, 300.0));
  arguments->options.add_to(*command);
  command->callback([arguments] { check(arguments->options, arguments->timeout_s); });
}

}  // namespace xrouter::app
