// How likely a decision was among all that were allowed, read off the probabilities of its tokens.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/router_model.hpp"

namespace xrouter::policy_lm {

struct Certainty {
  /// Of the decision: to answer, or to call these tools in this order and no more. What stands in the arguments of a
  /// call, and in the text of an answer, does not count; which call is selected does. At temperature 1, whatever the
  /// temperature it was drawn at. Nothing for a reply without a decision.
  std::optional<double> confidence = {};
  /// To the first action of the decision, itself included, likeliest first. Tools that the look-ahead did not reach
  /// are missing.
  std::vector<TokenTrace::Alternative> alternatives = {};
};

/// For an answer in plain text the likelihood of a call is that of the token that would have begun it, so the
/// confidence is a lower bound where a text could have begun with the same token.
Certainty certainty_of(const RouterModel& model, const Allowed& allowed, const lm::Generation& generation, const chat_format::ParsedReply& read);

}  // namespace xrouter::policy_lm
