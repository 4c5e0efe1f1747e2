// From a chat request to an episode: who decides, which models are offered, which limits hold.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "xrouter/engine/spec.hpp"
#include "xrouter/service/affinity.hpp"
#include "xrouter/service/public_models.hpp"

namespace xrouter::service {

/// Says which models can answer a request at all; the recorded pool knows only its own questions.
class Availability {
 public:
  virtual ~Availability() = default;
  /// Those of `models` that can answer, in order. Error: question_not_recorded when none can.
  /// Must be thread-safe.
  virtual Result<std::vector<OfferedModel>> available(const ChatRequest& request, std::vector<OfferedModel> models) const = 0;
};

struct Plan {
  EpisodeSpec spec;
  /// Set: this model answers, the policy is not asked. The caller named it, or brings it tool results.
  ModelId fixed_model = {};
  std::string strategy = {};    ///< `routing_strategy`: the policy's kind, "pass_through" or "tool_affinity"
  std::string caller = {};      ///< ClientHints::caller
  bool json_wanted = false;     ///< the answer must be valid JSON (response_format json_object or json_schema)
};

/// What a client's headers say beside its request.
struct ClientHints {
  std::optional<Duration> timeout = {};  ///< how long it will wait
  int depth = 0;                         ///< routers the request has passed already
  std::string caller = {};               ///< fingerprint of its API key; empty without keys
};

/// Immutable but for the affinity it refers to; shared by all workers.
class Planner {
 public:
  /// `availability` and `affinity` may be null and must outlive the planner.
  Planner(std::shared_ptr<const config::Config> config, const Availability* availability, ToolAffinity* affinity);

  /// Errors: model_not_found, invalid_request with `param`, context_length, question_not_recorded,
  /// overloaded when the configuration offers nothing.
  Result<Plan> plan(ChatRequest request, const ClientHints& hints = {}) const;

  const PublicModels& models() const { return models_; }
  const config::Config& config() const { return *config_; }
  ToolAffinity* affinity() const { return affinity_; }

 private:
  Result<std::vector<OfferedModel>> candidates(const ChatRequest& request, const PublicModel& named) const;

  std::shared_ptr<const config::Config> config_;
  const Availability* availability_;
  ToolAffinity* affinity_;
  PublicModels models_;
  std::vector<OfferedModel> offered_;
};

/// Below the client's own limit, so that it sees our answer and does not pay a retry.
Duration deadline_within(Duration configured, std::optional<Duration> client_timeout);

}  // namespace xrouter::service
