// Always the same model: pass-through, and the baseline of every comparison.
#pragma once

#include "xrouter/engine/ports.hpp"

namespace xrouter::policy {

/// Calls its model in the first turn and takes what comes. When the call failed it gives that error
/// up instead of trying another model. Stateless.
class FixedPolicy final : public Policy {
 public:
  explicit FixedPolicy(ModelId model) : model_(std::move(model)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  ModelId model_;
};

}  // namespace xrouter::policy
