#include "xrouter/policy/cascade.hpp"

#include <algorithm>

#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/decisions.hpp"

namespace xrouter::policy {
namespace {

bool calls_tools(const ChatReply& reply) { return !reply.choices.empty() && !reply.choices.front().message.tool_calls.empty(); }

bool same_answer(const CallRecord& left, const CallRecord& right) {
  if (calls_tools(*left.reply) || calls_tools(*right.reply)) return false;
  return agree(left.reply->text(), right.reply->text());
}

// An unknown cost is not a low one.
const CallRecord& cheaper(const CallRecord& left, const CallRecord& right) {
  const Usd left_cost = left.cost.total().value_or(Usd::max());
  return right.cost.total().value_or(Usd::max()) < left_cost ? right : left;
}

bool asked_for(const Transcript& transcript, const std::string& tool_name) {
  return std::any_of(transcript.turns.begin(), transcript.turns.end(), [&](const Turn& turn) {
    return std::any_of(turn.calls.begin(), turn.calls.end(), [&](const CallRecord& record) { return record.asked.name == tool_name; });
  });
}

}  // namespace

boost::asio::awaitable<PolicyReply> CascadePolicy::decide(const DecisionPrompt& prompt, CallScope&) {
  const Transcript& transcript = prompt.transcript;
  if (transcript.turns.empty() && prompt.may_call) co_return call_models({models_.first, models_.second});
  const std::vector<const CallRecord*> successes = transcript.successes();
  const bool agreed = successes.size() == 2 && same_answer(*successes[0], *successes[1]);
  if (agreed) co_return select(cheaper(*successes[0], *successes[1]).id);
  const bool strong_is_left = prompt.may_call && !asked_for(transcript, tool_name_of(models_.strong));
  if (strong_is_left) co_return commit_to(models_.strong);
  co_return successes.empty() ? give_up(transcript) : select(successes.front()->id);
}

}  // namespace xrouter::policy
