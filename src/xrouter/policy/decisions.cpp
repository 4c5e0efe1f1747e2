#include "xrouter/policy/decisions.hpp"

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
      const bool counts = record.status == CallStatus::failed || record.error == ErrorKind::insufficient_quota;
      if (!record.error || !counts) continue;
      reply.error = Error{.kind = *record.error, .public_text = record.message};
      reply.error->retry_after = record.retry_after;
    }
  return reply;
}

PolicyReply give_up_for_cost() {
  PolicyReply reply;
  reply.error = Error{.kind = ErrorKind::insufficient_quota, .public_text = "The cost limit of this request does not allow a call of any model that may answer it."};
  return reply;
}

}  // namespace xrouter::policy
