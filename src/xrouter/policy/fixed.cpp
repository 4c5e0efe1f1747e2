#include "xrouter/policy/fixed.hpp"

#include "xrouter/policy/decisions.hpp"

namespace xrouter::policy {

boost::asio::awaitable<PolicyReply> FixedPolicy::decide(const DecisionPrompt& prompt, CallScope&) {
  const bool first = prompt.transcript.turns.empty() && prompt.may_call;
  co_return first ? commit_to(model_) : give_up(prompt.transcript);
}

}  // namespace xrouter::policy
