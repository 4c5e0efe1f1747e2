// Holds models to the caller's response_format.
#pragma once

#include "xrouter/engine/ports.hpp"

namespace xrouter::service {

/// A pool whose replies must be JSON: a reply that claims to be complete and does not parse is an
/// upstream fault (upstream_invalid, costs kept), so the next candidate gets its chance. Nothing is
/// relayed live, because the check comes before the commitment. Validity against the schema itself
/// is not checked yet.
class JsonCheckedPool final : public ModelPool {
 public:
  explicit JsonCheckedPool(ModelPool& inner) : inner_(inner) {}
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

 private:
  ModelPool& inner_;
};

/// The same for the router's own words: a direct answer that is no JSON counts as a failed decision.
class JsonCheckedPolicy final : public Policy {
 public:
  explicit JsonCheckedPolicy(Policy& inner) : inner_(inner) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  Policy& inner_;
};

/// Error upstream_invalid. A reply cut by its length, a refusal and tool calls pass: the client is
/// told by finish_reason.
Result<void> check_json_answer(const ChatReply& reply);

}  // namespace xrouter::service
