#include "xrouter/chat_format/written_reply.hpp"

#include <algorithm>

#include "xrouter/chat_format/message_texts.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {

bool is_object(const std::string& arguments) {
  const auto value = json::parse(arguments);
  return value && value->is_object();
}

bool same_call(const ToolCall& left, const ToolCall& right) {
  return left.name == right.name && arguments_json(left) == arguments_json(right);
}

}  // namespace

Result<void> check_reply(std::string_view text, const std::vector<ToolCall>& calls, bool several) {
  if (text.empty() && calls.empty()) return fail(ErrorKind::invalid_request, "A decision says something or calls a tool.");
  if (!text.empty() && !calls.empty()) return fail(ErrorKind::invalid_request, "A decision has text or tool calls, not both.");
  if (!several && calls.size() > 1) return fail(ErrorKind::invalid_request, "This model knows one tool call a turn.");
  for (const ToolCall& call : calls) {
    if (call.type != "function") return fail(ErrorKind::invalid_request, "This model calls functions only.");
    if (!is_object(call.arguments)) return fail(ErrorKind::invalid_request, "The arguments of " + call.name + " are no JSON object.");
  }
  return {};
}

Result<std::vector<Span>> if_read_alike(const ChatFormat& format, std::vector<Span> spans, std::string_view text,
                                        const std::vector<ToolCall>& calls) {
  std::string written;
  for (const Span& span : spans) written += span.text;
  const ParsedReply read = format.parse(written);
  const bool alike = read.text == text && read.thinking.empty() && std::ranges::equal(read.tool_calls, calls, same_call);
  if (!alike) return fail(ErrorKind::invalid_request, "This model's format cannot say this decision: it would be read as another.");
  return spans;
}

}  // namespace xrouter::chat_format
