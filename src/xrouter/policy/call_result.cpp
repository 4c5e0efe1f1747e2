#include "xrouter/policy/call_result.hpp"

#include "xrouter/json/writer.hpp"
#include "xrouter/policy/agreement.hpp"

namespace xrouter::policy {
namespace {

// The caller may have asked for tools: a reply that is such a call is an answer as well.
std::string answer_text(const ChatReply& reply) {
  std::string text = reply.text();
  if (reply.choices.empty()) return text;
  for (const ToolCall& call : reply.choices.front().message.tool_calls) {
    if (!text.empty()) text += '\n';
    text += "[calls the user's tool " + call.name + " with " + call.arguments + "]";
  }
  return text;
}

std::vector<std::string_view> agreeing(const std::string& answer, const ResultContext& context) {
  std::vector<std::string_view> ids;
  for (const CallRecord* other : context.earlier)
    if (other->status == CallStatus::ok && stated_answer(other->reply->text(), context.one_answer_wanted) == answer)
      ids.push_back(other->id.value);
  return ids;
}

void write_agreement(json::Writer& out, const ChatReply& reply, const ResultContext& context) {
  const std::string answer = stated_answer(reply.text(), context.one_answer_wanted);
  if (answer.empty()) return;
  if (answer.size() <= kLongestShownAnswer) out.field("final_answer", std::string_view(answer));
  const std::vector<std::string_view> ids = agreeing(answer, context);
  if (ids.empty()) return;
  out.key("agrees_with").begin_array();
  for (const std::string_view id : ids) out.value(id);
  out.end_array();
}

}  // namespace

std::string render_call_result(const CallRecord& record, const ResultContext& context) {
  json::Writer out;
  out.begin_object().field("call_id", std::string_view(record.id.value));
  if (record.model) out.field("model", std::string_view(record.model->id.value));
  out.field("status", to_text(record.status));
  if (record.reply) {
    write_agreement(out, *record.reply, context);
    out.field("answer", std::string_view(answer_text(*record.reply)));
  } else {
    out.field("error", std::string_view(record.message));
  }
  if (!context.note.empty()) out.field("note", context.note);
  out.end_object();
  return out.take();
}

}  // namespace xrouter::policy
