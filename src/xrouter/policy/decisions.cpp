#include "xrouter/policy/decisions.hpp"

#include "xrouter/engine/outcome.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::policy {

PolicyReply call_models(std::initializer_list<ModelId> models) {
  PolicyReply reply;
  for (const ModelId& model : models)
    reply.tool_calls.push_back(
        {.id = "call_" + std::to_string(reply.tool_calls.size() + 1), .name = tool_name_of(model), .arguments = "{}"});
  return reply;
}

PolicyReply commit_to(const ModelId& model) {
  PolicyReply reply = call_models({model});
  reply.commit = true;
  return reply;
}

PolicyReply select(const CallId& call) {
  json::Writer arguments;
  arguments.begin_object().field("call_id", std::string_view(call.value)).end_object();
  PolicyReply reply;
  reply.tool_calls.push_back({.id = "call_1", .name = std::string(kSelectTool), .arguments = arguments.take()});
  return reply;
}

PolicyReply give_up(const Transcript& transcript) {
  PolicyReply reply;
  reply.error = Error{.kind = ErrorKind::no_usable_answer, .public_text = "No model gave a usable answer."};
  for (const Turn& turn : transcript.turns)
    for (const CallRecord& record : turn.calls) {
      const bool too_dear = record.error == ErrorKind::insufficient_quota;
      if (!record.error || (record.status != CallStatus::failed && !too_dear)) continue;
      // A refused call's message is for the policy.
      reply.error = Error{.kind = *record.error, .public_text = too_dear ? std::string(kNothingAffordable) : record.message};
      reply.error->retry_after = record.retry_after;
    }
  return reply;
}

PolicyReply give_up_for_cost() {
  PolicyReply reply;
  reply.error = Error{.kind = ErrorKind::insufficient_quota, .public_text = std::string(kNothingAffordable)};
  return reply;
}

}  // namespace xrouter::policy
