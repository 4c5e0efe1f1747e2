// A language model of the catalogue as the policy.
#pragma once

#include "xrouter/engine/ports.hpp"

namespace xrouter::policy {

struct RemoteOptions {
  Duration timeout = std::chrono::seconds(30);  ///< of one decision, retries included
  int max_attempts = 2;
};

/// Asks `router` through a pool, so that its tokens are metered, retried and priced like those of any
/// call. Its tool calls and text are the decision as they are; a leading <think>...</think> block is
/// cut off, an empty reply stays empty (the episode knows what that means). Under a cost limit it makes
/// only as many attempts as fit at their worst case. Keeps no state; the pool and the model must
/// outlive it.
class RemotePolicy final : public Policy {
 public:
  RemotePolicy(const ModelSpec& router, ModelPool& pool, RemoteOptions options = {}) : router_(router), pool_(pool), options_(options) {}
  /// PolicyReply::error: that of the call; attempt_timeout when `timeout` ended it; insufficient_quota,
  /// without a call, when not even one attempt fits or the router has no known price under a limit.
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  const ModelSpec& router_;
  ModelPool& pool_;
  RemoteOptions options_;
};

/// The text behind a leading <think>...</think>, without the white space around it. A block that is
/// never closed leaves nothing: reasoning is no answer. Routers whose template opens the block in the
/// prompt write only </think>; what stands before the first one is cut off as well.
std::string without_thinking(std::string_view text);

}  // namespace xrouter::policy
