// A language model in this process as the policy.
#pragma once

#include "xrouter/base/rng.hpp"
#include "xrouter/engine/ports.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

struct LocalOptions {
  Duration timeout = std::chrono::seconds(30);  ///< of one decision
  double temperature = 0;                       ///< 0: the likeliest decision
  chat_format::Thinking thinking = chat_format::Thinking::off;
  /// Fill TokenTrace::alternatives. They cost tokens of every pass, whoever else is in the batch; rollouts do without.
  /// The decision is the same either way.
  bool report_alternatives = true;
};

/// Asks a model of this process what RemotePolicy asks one at an upstream, with the same prompt, and lets it write
/// nothing but a decision that is allowed now: a direct answer where one may be given, calls of offered models within
/// the limits, or the selection of a call that succeeded. Later turns of an episode continue the tokens of the earlier.
///
/// `attempts` always has the decision's tokens, priced by EpisodeSpec::router or free without one. One per worker (it
/// draws chances); `model` is shared.
class LocalPolicy final : public Policy {
 public:
  LocalPolicy(std::shared_ptr<const RouterModel> model, Rng rng, LocalOptions options = {})
      : model_(std::move(model)), rng_(rng), options_(options) {}

  /// PolicyReply::error: context_length when the prompt leaves no room for a decision; attempt_timeout when `timeout`
  /// ended it, with what was spent; insufficient_quota, with nothing spent, when the router has a price and its worst
  /// case exceeds the money left; overloaded when too many decisions wait; no_usable_answer for one that was cut off.
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  std::shared_ptr<const RouterModel> model_;
  Rng rng_;
  LocalOptions options_;
};

}  // namespace xrouter::policy_lm
