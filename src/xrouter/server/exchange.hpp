// One request on its way through the server.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/rng.hpp"
#include "xrouter/net/body_budget.hpp"
#include "xrouter/server/http_exchange.hpp"
#include "xrouter/server/metrics.hpp"
#include "xrouter/server/snapshot.hpp"
#include "xrouter/service/book.hpp"

namespace xrouter::server {

/// What all workers share. Thread-safe; owned by the program, outlives every worker.
struct Shared {
  Shared(std::shared_ptr<const config::Config> config, const service::Availability* availability, service::RequestBook* book, KeyRing keys);

  service::ToolAffinity affinity;
  const std::shared_ptr<const Snapshot> initial;  ///< with what the server was started
  Metrics metrics;
  service::RequestBook* book;  ///< null: nothing is recorded
  std::atomic<int> in_flight{0};
  std::atomic<bool> draining{false};
  net::BodyBudget bodies{kMaxBodiesBytes};

  static constexpr std::size_t kMaxBodiesBytes = 256u << 20;  ///< of all requests being read and answered
};

/// What belongs to one worker and is used on its thread only.
struct WorkerContext {
  /// `owner` keeps the backends; null: they outlive the worker.
  WorkerContext(Shared& all, service::Backends backends, Rng random, std::shared_ptr<void> owner = {})
      : shared(all), rng(random), setup(std::make_shared<Setup>(Setup{all.initial, std::move(owner), backends})) {}

  Shared& shared;
  Rng rng;
  std::shared_ptr<const Setup> setup;  ///< for requests to come; a reload replaces it
};

struct Route;

/// Counts a request against the limit of requests being answered, as long as it lives.
class InFlightSlot {
 public:
  InFlightSlot() = default;
  ~InFlightSlot();
  InFlightSlot(const InFlightSlot&) = delete;
  InFlightSlot& operator=(const InFlightSlot&) = delete;
  /// False when the limit is reached.
  bool take(Shared& shared, int limit);

 private:
  Shared* shared_ = nullptr;
};

/// One request of `xrouter serve`, with what its gates and endpoints need.
class Exchange : public HttpExchange {
 public:
  Exchange(net::HttpRequest request, net::ResponseWriter& response, CallScope& connection, WorkerContext& worker);

  Shared& shared() const { return worker_.shared; }
  const Snapshot& snapshot() const { return *setup_->snapshot; }
  const config::Config& config() const { return snapshot().config(); }
  const service::Backends& backends() const { return setup_->backends; }

  // Filled on the way by admission and endpoints.
  const Route* route = nullptr;
  std::string path_argument = {};             ///< what stands behind a prefix route, decoded
  std::string key_fingerprint = {};           ///< of the caller's API key; empty without keys
  std::optional<ChatRequest> chat = {};       ///< parsed body of chat routes
  service::ClientHints hints = {};
  InFlightSlot slot;

 private:
  WorkerContext& worker_;
  const std::shared_ptr<const Setup> setup_;  // keeps what HttpExchange was made with
};

}  // namespace xrouter::server
