#include <algorithm>

#include "xrouter/wire/openai/message.hpp"

namespace xrouter::wire::openai {
namespace {

void write_content(json::Writer& out, const Content& content) {
  out.key("content");
  if (const auto* text = std::get_if<std::string>(&content)) {
    out.value(std::string_view(*text));
  } else if (const auto* parts = std::get_if<std::vector<ContentPart>>(&content)) {
    out.begin_array();
    for (const ContentPart& part : *parts) {
      if (!part.raw.empty())
        out.value(part.raw);
      else
        out.begin_object().field("type", std::string_view(part.type)).field("text", std::string_view(part.text)).end_object();
    }
    out.end_array();
  } else {
    out.null();
  }
}

void write_tool_call(json::Writer& out, const ToolCall& call) {
  const bool custom = call.type == "custom";
  out.begin_object().field("id", std::string_view(call.id)).field("type", std::string_view(call.type));
  out.key(custom ? "custom" : "function").begin_object().field("name", std::string_view(call.name));
  out.field(custom ? "input" : "arguments", std::string_view(call.arguments)).end_object();
  write_extra(out, call.extra);
  out.end_object();
}

bool names(const ExtraFields& extra, std::string_view name) {
  return std::any_of(extra.begin(), extra.end(), [&](const auto& field) { return field.first == name; });
}

}  // namespace

void write_extra(json::Writer& out, const ExtraFields& extra) {
  for (const auto& [name, value] : extra) out.field(name, value);
}

void write_message(json::Writer& out, const Message& message, bool for_client) {
  out.begin_object().field("role", to_text(message.role));
  write_content(out, message.content);
  if (for_client && !names(message.extra, "refusal")) out.key("refusal").null();
  if (!message.name.empty()) out.field("name", std::string_view(message.name));
  if (!message.tool_call_id.empty()) out.field("tool_call_id", std::string_view(message.tool_call_id));
  if (!message.tool_calls.empty()) {
    out.key("tool_calls").begin_array();
    for (const ToolCall& call : message.tool_calls) write_tool_call(out, call);
    out.end_array();
  }
  write_extra(out, message.extra);
  out.end_object();
}

}  // namespace xrouter::wire::openai
