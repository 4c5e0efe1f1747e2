// The embedded default policy: learned from recorded outcomes, decides in microseconds, runs anywhere.
#pragma once

#include <memory>

#include "xrouter/engine/ports.hpp"
#include "xrouter/policy/ngram_model.hpp"

namespace xrouter::policy {

/// Turn 1 carries out best_plan(): it commits to one model, or calls two at once. When both answers
/// agree() the cheaper one's is selected, otherwise the third opinion is called and taken. A call
/// that failed is replaced by the next best model that was not called yet. When no model is left or
/// no call is allowed, the best success is selected, else the error given up.
///
/// Two answers are compared only in agent mode with two turns and three calls to spare, for requests
/// without tools that ask for one answer. Models whose worst case exceeds the money left are passed
/// over. `confidence` is the predicted probability of a right answer.
///
/// Stateless but for the shared model: one per worker or one for all.
class NgramPolicy final : public Policy {
 public:
  explicit NgramPolicy(std::shared_ptr<const NgramModel> model) : model_(std::move(model)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

  /// The decision itself; pure.
  PolicyReply decision(const DecisionPrompt& prompt) const;

 private:
  std::shared_ptr<const NgramModel> model_;
};

}  // namespace xrouter::policy
