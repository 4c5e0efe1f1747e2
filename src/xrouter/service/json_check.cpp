#include "xrouter/service/json_check.hpp"

#include <algorithm>

#include "xrouter/json/parse.hpp"

namespace xrouter::service {
namespace {

Error not_json() { return {.kind = ErrorKind::upstream_invalid, .public_text = "The answer is not the JSON that was asked for."}; }

bool claims_json(const Choice& choice) {
  const bool refused = std::ranges::any_of(choice.message.extra, [](const auto& field) { return field.first == "refusal"; });
  return choice.finish_reason == FinishReason::stop && choice.message.tool_calls.empty() && !refused;
}

}  // namespace

Result<void> check_json_answer(const ChatReply& reply) {
  for (const Choice& choice : reply.choices)
    if (claims_json(choice) && !json::parse(text_of(choice.message.content)))
      return fail(not_json());
  return {};
}

boost::asio::awaitable<ModelReply> JsonCheckedPool::call(const ModelCall& call, CallScope& scope, DeltaSink*) {
  ModelReply reply = co_await inner_.call(call, scope, nullptr);
  if (!reply.reply) co_return reply;
  auto checked = check_json_answer(*reply.reply);
  if (!checked) reply.reply = fail(checked.error());
  co_return reply;
}

boost::asio::awaitable<PolicyReply> JsonCheckedPolicy::decide(const DecisionPrompt& prompt, CallScope& scope) {
  PolicyReply reply = co_await inner_.decide(prompt, scope);
  const bool answers = !reply.error && reply.tool_calls.empty() && !reply.text.empty();
  if (answers && !json::parse(reply.text)) reply.error = not_json();
  co_return reply;
}

}  // namespace xrouter::service
