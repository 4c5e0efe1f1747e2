// Holds models to the caller's response_format.
#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "xrouter/engine/ports.hpp"

namespace xrouter::service {

/// What the caller's response_format demands of an answer: JSON, and with a strict json_schema that
/// follows_schema() holds. Immutable.
class JsonDemand {
 public:
  explicit JsonDemand(const RawJson& response_format);
  /// Error: upstream_invalid.
  Result<void> check(std::string_view answer) const;
  /// Of every choice. A reply cut by its length, a refusal and tool calls pass: the client is told by
  /// finish_reason.
  Result<void> check(const ChatReply& reply) const;

 private:
  std::optional<boost::json::value> schema_;
};

/// A pool whose replies must be JSON: a reply that claims to be complete and is not what was demanded is
/// an upstream fault (upstream_invalid, costs kept), so the next candidate gets its chance. Nothing is
/// relayed live, because the check comes before the commitment. The demand outlives it.
class JsonCheckedPool final : public ModelPool {
 public:
  JsonCheckedPool(ModelPool& inner, const JsonDemand& demand) : inner_(inner), demand_(demand) {}
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override;

 private:
  ModelPool& inner_;
  const JsonDemand& demand_;
};

/// The same for the router's own words: a direct answer that is not what was demanded counts as a failed decision.
class JsonCheckedPolicy final : public Policy {
 public:
  JsonCheckedPolicy(Policy& inner, const JsonDemand& demand) : inner_(inner), demand_(demand) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  Policy& inner_;
  const JsonDemand& demand_;
};

}  // namespace xrouter::service
