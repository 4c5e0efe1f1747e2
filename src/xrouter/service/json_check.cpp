#include "xrouter/service/json_check.hpp"

#include <algorithm>

#include "xrouter/json/parse.hpp"
#include "xrouter/service/schema_check.hpp"

namespace xrouter::service {
namespace {

bool claims_json(const Choice& choice) {
  const bool refused = std::ranges::any_of(choice.message.extra, [](const auto& field) { return field.first == "refusal"; });
  return choice.finish_reason == FinishReason::stop && choice.message.tool_calls.empty() && !refused;
}

// The schema of {"type": "json_schema", "json_schema": {"strict": true, "schema": {...}}}.
std::optional<boost::json::value> strict_schema(const RawJson& response_format) {
  const auto format = json::parse(response_format.text);
  const auto* top = format ? format->if_object() : nullptr;
  const auto* member = top ? top->if_contains("json_schema") : nullptr;
  const auto* wanted = member ? member->if_object() : nullptr;
  const auto* strict = wanted ? wanted->if_contains("strict") : nullptr;
  const auto* schema = wanted ? wanted->if_contains("schema") : nullptr;
  if (!strict || !schema || !strict->is_bool() || !strict->get_bool()) return std::nullopt;
  return *schema;
}

}  // namespace

JsonDemand::JsonDemand(const RawJson& response_format) : schema_(strict_schema(response_format)) {}

Result<void> JsonDemand::check(std::string_view answer) const {
  const auto value = json::parse(answer);
  if (!value) return fail(ErrorKind::upstream_invalid, "The answer is not the JSON that was asked for.");
  if (schema_ && !follows_schema(*value, *schema_)) return fail(ErrorKind::upstream_invalid, "The answer does not follow the JSON Schema that was asked for.");
  return {};
}

Result<void> JsonDemand::check(const ChatReply& reply) const {
  for (const Choice& choice : reply.choices) {
    if (!claims_json(choice)) continue;
    if (auto checked = check(text_of(choice.message.content)); !checked) return checked;
  }
  return {};
}

boost::asio::awaitable<ModelReply> JsonCheckedPool::call(const ModelCall& call, CallScope& scope, DeltaSink*) {
  ModelReply reply = co_await inner_.call(call, scope, nullptr);
  if (!reply.reply) co_return reply;
  auto checked = demand_.check(*reply.reply);
  if (!checked) reply.reply = fail(checked.error());
  co_return reply;
}

boost::asio::awaitable<PolicyReply> JsonCheckedPolicy::decide(const DecisionPrompt& prompt, CallScope& scope) {
  PolicyReply reply = co_await inner_.decide(prompt, scope);
  const bool answers = !reply.error && reply.tool_calls.empty() && !reply.text.empty();
  if (!answers) co_return reply;
  auto checked = demand_.check(reply.text);
  if (!checked) reply.error = checked.error();
  co_return reply;
}

}  // namespace xrouter::service
