#include <algorithm>
#include <array>

#include "xrouter/wire/openai/message.hpp"
#include "xrouter/wire/openai/relayed.hpp"
#include "xrouter/wire/openai/source.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;

constexpr std::array<std::string_view, 5> kTyped{"role", "content", "name", "tool_calls", "tool_call_id"};
constexpr std::array<std::string_view, 3> kRelayed{"refusal", "audio", "function_call"};
constexpr std::array<std::string_view, 5> kToolCallFields{"id", "type", "function", "custom", "index"};
constexpr std::array<std::string_view, 6> kPartTypes{"text", "image_url", "input_audio", "file", "refusal", "output_text"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string item(std::string_view list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

Result<ContentPart> parse_part(const bj::value& value, std::string_view text, std::string path, const MessageRules& rules) {
  json::ObjectReader in(value, std::move(path));
  ContentPart part{.type = in.string("type"), .text = {}, .raw = {compact_json(text)}};
  if (part.type == "text" && rules.sender == Sender::client) part.text = in.string("text");
  if (part.type == "text" && rules.sender == Sender::upstream) part.text = in.optional_string("text").value_or("");
  if (part.type == "refusal") part.text = in.string("refusal");
  if (rules.sender == Sender::client) {
    if (part.type == "image_url" || part.type == "input_audio" || part.type == "file") {
      if (!in.has(part.type)) in.fail_at(part.type, "is missing");
      in.optional_object(part.type);
    }
    if (rules.reject_unknown_fields && !contains(kPartTypes, part.type)) in.fail_at("type", "is not a known part type");
  }
  if (!in.ok()) return fail(in.error());
  return part;
}

Result<Content> parse_parts(const bj::array& parts, std::string_view text, const std::string& path, const MessageRules& rules) {
  std::vector<ContentPart> read;
  const auto sources = elements_of(parts, text);
  if (!sources) return fail(sources.error());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part = parse_part(parts[i], (*sources)[i], item(path, i), rules);
    if (!part) return fail(std::move(part.error()));
    read.push_back(std::move(*part));
  }
  return Content{std::move(read)};
}

Result<Content> parse_content(json::ObjectReader& in, const SourceObject& source, const MessageRules& rules) {
  const bj::value* content = in.find("content");
  if (!content) return Content{};
  if (const auto* text = content->if_string()) return Content{std::string(view(*text))};
  const auto* parts = content->if_array();
  if (!parts) {
    in.fail_at("content", "must be a string, a list of parts or null");
  } else if (parts->empty() && rules.sender == Sender::client) {
    in.fail_at("content", "must not be an empty list");
  } else if (in.optional_array("content", rules.max_parts)) {
    return parse_parts(*parts, source.text("content"), in.path_of("content"), rules);
  }
  return fail(in.error());
}

// Reads {"name", <arguments>} of a function or custom call.
void read_callee(ToolCall& call, json::ObjectReader& in, std::string_view source, Sender sender) {
  const bj::value* callee = in.find(call.type);
  if (!callee) return in.fail_at(call.type, "is missing");
  const std::string_view arguments = call.type == "custom" ? "input" : "arguments";
  json::ObjectReader inner(*callee, in.path_of(call.type));
  const SourceObject inner_source(*callee, source);
  refuse_duplicates(inner, inner_source);
  call.name = inner.string("name");
  if (call.name.empty()) inner.fail_at("name", "must not be empty");
  if (sender == Sender::client) {
    call.arguments = inner.string(arguments);
  } else {
    call.arguments = argument_text(inner, arguments, inner_source.text(arguments));
  }
  in.take_error_of(inner);
}

Result<ToolCall> parse_tool_call(const bj::value& value, std::string_view text, std::string path, const MessageRules& rules) {
  json::ObjectReader in(value, std::move(path));
  const SourceObject source(value, text);
  refuse_duplicates(in, source);
  const bool lenient = rules.sender == Sender::upstream;
  ToolCall call;
  call.id = lenient ? in.optional_string("id").value_or("") : in.string("id");
  if (!lenient && call.id.empty()) in.fail_at("id", "must not be empty");
  call.type = in.optional_string("type").value_or(in.has("custom") ? "custom" : "function");
  if (call.type.empty() && lenient) call.type = "function";
  if (call.type != "function" && call.type != "custom") in.fail_at("type", "must be function or custom");
  if (in.ok()) read_callee(call, in, source.text(call.type), rules.sender);
  call.extra = lenient ? source.chosen(kRelayedOfToolCall) : source.others(kToolCallFields, SourceObject::Nulls::drop);
  if (rules.reject_unknown_fields && !call.extra.empty()) in.fail_at(call.extra.front().first, "is not a known field");
  if (!in.ok()) return fail(in.error());
  return call;
}

Result<std::vector<ToolCall>> parse_tool_calls(json::ObjectReader& in, const SourceObject& source, const MessageRules& rules) {
  std::vector<ToolCall> calls;
  const bj::array* items = in.optional_array("tool_calls", kMaxToolCalls);
  if (!items) return calls;
  const auto sources = elements_of(*items, source.text("tool_calls"));
  if (!sources) return fail(sources.error());
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto call = parse_tool_call((*items)[i], (*sources)[i], item(in.path_of("tool_calls"), i), rules);
    if (!call) return fail(std::move(call.error()));
    // The client must be able to name the call when it brings the result.
    if (call->id.empty()) call->id = made_up_call_id(static_cast<std::int64_t>(i));
    calls.push_back(std::move(*call));
  }
  return calls;
}

Role read_role(json::ObjectReader& in, Sender sender) {
  const std::string name = sender == Sender::upstream ? in.optional_string("role").value_or("") : in.string("role");
  if (name.empty() && sender == Sender::upstream) return Role::assistant;
  const auto role = role_of(name);
  if (!role) in.fail_at("role", "must be system, developer, user, assistant, tool or function");
  return role.value_or(Role::user);
}

// What the format demands of a client's message beyond the type of each field.
void check_client_message(json::ObjectReader& in, const Message& message, const MessageRules& rules) {
  const bool may_lack_content = message.role == Role::assistant || message.role == Role::function;
  if (!may_lack_content && !in.has("content")) in.fail_at("content", "is missing");
  if (message.role == Role::tool && message.tool_call_id.empty()) in.fail_at("tool_call_id", "is missing");
  if (message.role == Role::function && message.name.empty()) in.fail_at("name", "is missing");
  if (message.role != Role::tool && !message.tool_call_id.empty()) in.fail_at("tool_call_id", "belongs to role tool");
  if (message.role != Role::assistant && !message.tool_calls.empty()) in.fail_at("tool_calls", "belongs to role assistant");
  in.optional_string("refusal");
  in.optional_object("audio");
  in.optional_object("function_call");
  if (!rules.reject_unknown_fields) return;
  for (const auto& [name, value] : message.extra)
    if (!contains(kRelayed, name)) in.fail_at(name, "is not a known field");
}

}  // namespace

std::string argument_text(json::ObjectReader& in, std::string_view name, std::string_view source) {
  const bj::value* value = in.find(name);
  if (!value) return {};
  return value->is_object() ? compact_json(source) : in.optional_string(name).value_or(std::string());
}

Result<Message> parse_message(const bj::value& value, std::string_view text, std::string path, const MessageRules& rules) {
  json::ObjectReader in(value, std::move(path));
  if (!in.ok()) return fail(in.error());
  const SourceObject source(value, text);
  refuse_duplicates(in, source);

  Message message{.role = read_role(in, rules.sender), .content = {}};
  message.name = in.optional_string("name").value_or("");
  message.tool_call_id = in.optional_string("tool_call_id").value_or("");
  if (!in.ok()) return fail(in.error());
  auto content = parse_content(in, source, rules);
  if (!content) return fail(std::move(content.error()));
  message.content = std::move(*content);
  auto calls = parse_tool_calls(in, source, rules);
  if (!calls) return fail(std::move(calls.error()));
  message.tool_calls = std::move(*calls);
  message.extra = rules.sender == Sender::client ? source.others(kTyped, SourceObject::Nulls::keep) : source.chosen(kRelayedFromUpstream);
  if (rules.sender == Sender::client) check_client_message(in, message, rules);
  if (!in.ok()) return fail(in.error());
  return message;
}

}  // namespace xrouter::wire::openai
