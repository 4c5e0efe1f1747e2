// One configured upstream of one worker: its address, connections, keys and breaker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/net/http_client.hpp"
#include "xrouter/upstream/attempt.hpp"
#include "xrouter/upstream/gate.hpp"
#include "xrouter/upstream/keys.hpp"

namespace xrouter::upstream {

class LiveUpstream {
 public:
  /// The right to make one attempt with one key.
  class Ticket {
   public:
    Ticket(Ticket&&) = default;
    Ticket& operator=(Ticket&&) = default;
    std::size_t key() const { return key_; }

   private:
    friend class LiveUpstream;
    Ticket(UpstreamGate::Pass pass, std::size_t key) : pass_(std::move(pass)), key_(key) {}
    UpstreamGate::Pass pass_;
    std::size_t key_;
  };

  /// What is the same for every upstream of a worker; outlives them.
  struct Shared {
    std::string user_agent;
    config::BreakerConfig breaker;
    TokenEstimator estimator;
  };

  /// `connector` and `shared` must outlive it. Error: config, for a bad base_url or too many keys.
  static Result<std::unique_ptr<LiveUpstream>> create(config::UpstreamConfig config, const Shared& shared, net::Connector& connector);

  /// `model` as this upstream calls it. Errors: those of UpstreamGate::admit and UpstreamKeys::take.
  Result<Ticket> admit(const std::string& model, KeyMask except, TimePoint now);
  /// With a ticket of admit() for the same model, once. All parameters outlive it.
  boost::asio::awaitable<AttemptResult> attempt(const ModelCall& call, const std::string& model, Ticket& ticket, CallScope& scope, DeltaSink* live);

  const std::string& name() const { return config_.name; }
  /// "name", or "name#2" for the second of several keys.
  const std::string& label(std::size_t key) const { return labels_[key]; }
  /// Thread-safe to read, for metrics.
  const GateGauges& gauges() const { return gate_.gauges(); }
  int dead_keys() const { return keys_.dead(); }
  std::size_t keys() const { return keys_.count(); }
  std::size_t idle_connections() const { return http_.idle_connections(); }

 private:
  LiveUpstream(config::UpstreamConfig config, Endpoint endpoint, const Shared& shared, net::Connector& connector);

  config::UpstreamConfig config_;
  Endpoint endpoint_;
  const Shared& shared_;
  std::vector<std::string> labels_;
  net::HttpClient http_;
  UpstreamGate gate_;
  UpstreamKeys keys_;
};

}  // namespace xrouter::upstream
