// One request of `host` on its way through, and what the workers share.
#pragma once

#include <atomic>

#include "xrouter/base/rng.hpp"
#include "xrouter/host/grammar_cache.hpp"
#include "xrouter/host/hosted_model.hpp"
#include "xrouter/host/metrics.hpp"
#include "xrouter/server/auth.hpp"
#include "xrouter/server/http_exchange.hpp"

namespace xrouter::host {

/// Thread-safe; outlives every worker.
struct Shared {
  Shared(HostedModel served, HostRules by, config::ServerConfig config, server::KeyRing key_ring)
      : model(std::move(served)), rules(by), server(std::move(config)), keys(std::move(key_ring)), metrics(*model.generator) {}

  const HostedModel model;
  const HostRules rules;
  const config::ServerConfig server;
  const server::KeyRing keys;
  Metrics metrics;
  std::atomic<bool> draining{false};
  net::BodyBudget bodies{kMaxBodiesBytes};

  static constexpr std::size_t kMaxBodiesBytes = 256u << 20;  ///< of all requests being read and answered
};

/// What belongs to one worker and is used on its thread only.
struct WorkerContext {
  Shared& shared;
  Rng rng;
  GrammarCache grammars = {};
};

class Exchange : public server::HttpExchange {
 public:
  Exchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, WorkerContext& worker, RequestId id)
      : HttpExchange(std::move(request), response, connection, std::move(id), worker.shared.server), worker_(worker) {}

  Shared& shared() const { return worker_.shared; }
  WorkerContext& worker() const { return worker_; }

  std::string path_argument = {};  ///< what stands behind a prefix route, decoded

 private:
  WorkerContext& worker_;
};

}  // namespace xrouter::host
