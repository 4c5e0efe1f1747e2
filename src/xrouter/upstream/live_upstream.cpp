#include "xrouter/upstream/live_upstream.hpp"

namespace xrouter::upstream {
namespace {

using boost::asio::awaitable;

net::HttpClientOptions client_options(const config::UpstreamConfig& config) {
  net::HttpClientOptions options;
  options.connect_timeout = config.connect_timeout;
  options.max_body_bytes = config.max_response_bytes;
  return options;
}

GateOptions gate_options(const config::UpstreamConfig& config, const config::BreakerConfig& breaker) {
  return {.consecutive_failures = breaker.consecutive_failures, .open_for = breaker.open_for, .max_in_flight = config.max_in_flight};
}

std::vector<std::string> labels_of(const config::UpstreamConfig& config) {
  std::vector<std::string> labels;
  for (std::size_t i = 1; i <= config.api_keys.size(); ++i) labels.push_back(config.name + "#" + std::to_string(i));
  if (labels.size() < 2) labels = {config.name};
  return labels;
}

}  // namespace

Result<std::unique_ptr<LiveUpstream>> LiveUpstream::create(config::UpstreamConfig config, const Shared& shared, net::Connector& connector) {
  Result<Endpoint> endpoint = parse_endpoint(config);
  if (!endpoint) return fail(endpoint.error());
  if (config.api_keys.size() > kMaxKeys) return fail(ErrorKind::config, "upstream " + config.name + ": more than " + std::to_string(kMaxKeys) + " keys");
  if (config.api_keys.empty()) config.api_keys.emplace_back();
  return std::unique_ptr<LiveUpstream>(new LiveUpstream(std::move(config), std::move(*endpoint), shared, connector));
}

LiveUpstream::LiveUpstream(config::UpstreamConfig config, Endpoint endpoint, const Shared& shared, net::Connector& connector)
    : config_(std::move(config)),
      endpoint_(std::move(endpoint)),
      shared_(shared),
      labels_(labels_of(config_)),
      http_(connector, client_options(config_)),
      gate_(gate_options(config_, shared.breaker)),
      keys_(config_.api_keys.size()) {}

Result<LiveUpstream::Ticket> LiveUpstream::admit(const std::string& model, KeyMask except, TimePoint now) {
  Result<UpstreamGate::Pass> pass = gate_.admit(now);
  if (!pass) return fail(pass.error());
  const Result<std::size_t> key = keys_.take(model, except, now);
  if (!key) return fail(key.error());
  return Ticket(std::move(*pass), *key);
}

awaitable<AttemptResult> LiveUpstream::attempt(const ModelCall& call, const std::string& model, Ticket& ticket, CallScope& scope, DeltaSink* live) {
  const std::size_t key = ticket.key_;
  const AttemptContext context{.config = config_,
                               .endpoint = endpoint_,
                               .http = http_,
                               .user_agent = shared_.user_agent,
                               .estimator = shared_.estimator,
                               .api_key = config_.api_keys[key],
                               .model = model,
                               .deployment = labels_[key]};
  AttemptResult result = co_await run_attempt(context, call, scope, live);
  const Error* failure = result.reply ? nullptr : &result.reply.error();
  ticket.pass_.settle(failure, scope.now());
  keys_.settle(key, model, failure, scope.now());
  co_return result;
}

}  // namespace xrouter::upstream
