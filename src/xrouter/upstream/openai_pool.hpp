// The models of one OpenAI-compatible upstream: vendors, vLLM, SGLang, Ollama, another xRouter.
#pragma once

#include <memory>
#include <string>

#include "xrouter/engine/ports.hpp"
#include "xrouter/net/http_client.hpp"
#include "xrouter/upstream/attempt.hpp"
#include "xrouter/upstream/endpoint.hpp"
#include "xrouter/upstream/gate.hpp"
#include "xrouter/upstream/retry.hpp"

namespace xrouter::upstream {

struct PoolOptions {
  config::UpstreamConfig upstream;
  config::RetryConfig retry = {};
  config::BreakerConfig breaker = {};
  std::string version = {};       ///< of this program, for user-agent
  TokenEstimator estimator = {};  ///< the one reservations were made with
};

/// One per upstream and worker. Executes calls with the only retry loop there is. Every attempt that
/// went out is in the reply's records; a call turned away by the gate makes none.
///
/// A parked upstream (rate limit) is waited for when RetryPolicy says that it pays; an open breaker,
/// a dead key and a full gate fail the call at once, so that the policy can turn to another model.
class OpenAiPool final : public ModelPool {
 public:
  /// `connector` must outlive the pool. Error: config, for a bad base_url.
  static Result<std::unique_ptr<OpenAiPool>> create(PoolOptions options, net::Connector& connector, Rng rng);

  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

  const std::string& name() const { return options_.upstream.name; }
  /// Thread-safe to read, for metrics.
  const GateGauges& gauges() const { return gate_.gauges(); }
  std::size_t idle_connections() const { return http_.idle_connections(); }

 private:
  OpenAiPool(PoolOptions options, Endpoint endpoint, net::Connector& connector, Rng rng);
  boost::asio::awaitable<AttemptResult> attempt(const ModelCall& call, UpstreamGate::Pass pass, CallScope& scope, DeltaSink* live);

  PoolOptions options_;
  Endpoint endpoint_;
  std::string user_agent_;
  net::HttpClient http_;
  UpstreamGate gate_;
  RetryPolicy retry_;
  Rng rng_;
};

}  // namespace xrouter::upstream
