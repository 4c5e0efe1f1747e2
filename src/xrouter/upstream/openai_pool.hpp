// The models of OpenAI-compatible upstreams: vendors, vLLM, SGLang, Ollama, another xRouter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/engine/ports.hpp"
#include "xrouter/upstream/live_upstream.hpp"
#include "xrouter/upstream/retry.hpp"

namespace xrouter::upstream {

struct PoolOptions {
  config::RetryConfig retry = {};
  config::BreakerConfig breaker = {};
  std::string version = {};       ///< of this program, for user-agent
  TokenEstimator estimator = {};  ///< the one reservations were made with
};

/// At most so many times a call goes on elsewhere for free (see Elsewhere) before it has to wait.
inline constexpr int kMaxFreeMoves = 8;

/// One per worker. Executes calls with the only retry loop there is, over the deployments of a model
/// (ModelSpec::upstream, then its alternatives) and the keys of each. Every attempt that went out is in
/// the reply's records; a call turned away by gate or keys makes none.
///
/// After a rate limit or a refused key the call goes on at once with the next key of that upstream, else
/// at the next deployment; after a failure of the upstream at the next deployment. Only where nothing
/// else is left it waits, when RetryPolicy says that this pays; open breakers, dead keys and full gates
/// everywhere fail the call at once, so that the policy can turn to another model.
class OpenAiPool final : public ModelPool {
 public:
  OpenAiPool(PoolOptions options, Rng rng);

  /// Before the first call. `connector` must outlive the pool. Errors: those of LiveUpstream::create.
  Result<void> add(config::UpstreamConfig upstream, net::Connector& connector);

  /// ErrorKind::config, without an attempt, when none of the model's deployments was added.
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

  const std::vector<std::unique_ptr<LiveUpstream>>& upstreams() const { return upstreams_; }

 private:
  struct Place;
  class Visited;
  struct Course;
  boost::asio::awaitable<void> attempt(const ModelCall& call, Course& course, CallScope& scope, DeltaSink* live);
  /// What to do about the attempt that has failed: go on (at once when a place has been found), wait, or end.
  RetryDecision decide(const ModelCall& call, Course& course, CallScope& scope);
  bool goes_on_elsewhere(const ModelCall& call, Course& course, TimePoint now) const;
  Result<Place> admit(const ModelCall& call, const Visited& visited, TimePoint now) const;
  LiveUpstream* find(const std::string& name) const;

  PoolOptions options_;
  LiveUpstream::Shared shared_;
  std::vector<std::unique_ptr<LiveUpstream>> upstreams_;
  std::map<std::string, LiveUpstream*> by_name_;
  RetryPolicy retry_;
  Rng rng_;
};

}  // namespace xrouter::upstream
