#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/message.hpp"
#include "xrouter/wire/openai/relayed.hpp"
#include "xrouter/wire/openai/source.hpp"
#include "xrouter/wire/openai/upstream_document.hpp"
#include "xrouter/wire/openai/usage.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;
using json::ObjectReader;

std::string item(std::string_view list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

ToolCallDelta read_tool_fragment(ObjectReader& in, const SourceObject& source, std::size_t position) {
  refuse_duplicates(in, source);
  ToolCallDelta fragment{.index = read_index(in, position, kMaxToolCalls)};
  fragment.id = in.optional_string("id").value_or("");
  fragment.type = in.optional_string("type").value_or("");
  fragment.custom = fragment.type == "custom" || in.has("custom");  // later fragments do not repeat the type
  const bool custom = fragment.custom;
  if (!custom && !fragment.type.empty() && fragment.type != "function") in.fail_at("type", "must be function or custom");
  const std::string_view callee = custom ? "custom" : "function";
  const std::string_view arguments = custom ? "input" : "arguments";
  if (in.optional_object(callee)) {
    const bj::value& value = *in.find(callee);
    ObjectReader inner(value, in.path_of(callee));
    const SourceObject inner_source(value, source.text(callee));
    refuse_duplicates(inner, inner_source);
    fragment.name = inner.optional_string("name").value_or("");
    fragment.arguments = argument_text(inner, arguments, inner_source.text(arguments));
    in.take_error_of(inner);
  }
  fragment.extra = source.chosen(kRelayedOfToolCall);
  return fragment;
}

void read_tool_fragments(ObjectReader& delta, const SourceObject& source, ChoiceDelta& choice) {
  const bj::array* items = delta.optional_array("tool_calls", kMaxToolCalls);
  if (!items) return;
  const auto sources = elements_of(*items, source.text("tool_calls"));
  if (!sources) return delta.fail_at("tool_calls", "is not unambiguous");
  for (std::size_t i = 0; i < items->size() && delta.ok(); ++i) {
    ObjectReader in((*items)[i], item(delta.path_of("tool_calls"), i));
    choice.tool_calls.push_back(read_tool_fragment(in, SourceObject((*items)[i], (*sources)[i]), i));
    delta.take_error_of(in);
  }
}

// A list of parts, as some servers send, counts with its text.
void read_content(ObjectReader& delta, ChoiceDelta& choice) {
  const bj::value* content = delta.find("content");
  if (!content) return;
  const bj::array* parts = content->if_array();
  if (!parts) {
    choice.content = delta.optional_string("content");
    return;
  }
  choice.content.emplace();
  for (std::size_t i = 0; i < parts->size(); ++i) {
    ObjectReader part((*parts)[i], item(delta.path_of("content"), i));
    if (part.ok() && part.optional_string("type") == "text") *choice.content += part.optional_string("text").value_or("");
    delta.take_error_of(part);
  }
}

void read_delta(ObjectReader& delta, const SourceObject& source, ChoiceDelta& choice) {
  refuse_duplicates(delta, source);
  const std::string role = delta.optional_string("role").value_or("");
  choice.role = role_of(role);
  if (!role.empty() && !choice.role) delta.fail_at("role", "is unknown");
  read_content(delta, choice);
  read_tool_fragments(delta, source, choice);
  choice.extra = source.chosen(kRelayedFromUpstream);
}

void read_choice(ObjectReader& in, const SourceObject& source, std::size_t position, ChoiceDelta& choice) {
  refuse_duplicates(in, source);
  choice.index = read_index(in, position, kMaxChoices);
  choice.finish_reason = read_finish_reason(in);
  choice.logprobs = source.raw("logprobs");
  if (!in.optional_object("delta")) return;
  const bj::value& value = *in.find("delta");
  ObjectReader delta(value, in.path_of("delta"));
  read_delta(delta, SourceObject(value, source.text("delta")), choice);
  in.take_error_of(delta);
}

void read_choices(ObjectReader& in, const SourceObject& source, ChatDelta& chunk) {
  const bj::array* items = in.optional_array("choices", kMaxChoices);
  if (!items) return;
  const auto sources = elements_of(*items, source.text("choices"));
  if (!sources) return in.fail_at("choices", "is not unambiguous");
  for (std::size_t i = 0; i < items->size() && in.ok(); ++i) {
    ObjectReader choice((*items)[i], item("choices", i));
    read_choice(choice, SourceObject((*items)[i], (*sources)[i]), i, chunk.choices.emplace_back());
    in.take_error_of(choice);
  }
}

// The SDKs want id, type and name in the first fragment of a call, and only there.
void write_tool_fragment(json::Writer& out, const ToolCallDelta& fragment) {
  const bool custom = fragment.custom || fragment.type == "custom";
  const bool first = !fragment.id.empty() || !fragment.name.empty();
  out.begin_object().field("index", fragment.index);
  if (!fragment.id.empty()) out.field("id", std::string_view(fragment.id));
  if (first) out.field("type", custom ? "custom" : "function");
  out.key(custom ? "custom" : "function").begin_object();
  if (first) out.field("name", std::string_view(fragment.name));
  out.field(custom ? "input" : "arguments", std::string_view(fragment.arguments)).end_object();
  write_extra(out, fragment.extra);
  out.end_object();
}

void write_choice(json::Writer& out, const ChoiceDelta& choice) {
  out.begin_object().field("index", choice.index).key("delta").begin_object();
  if (choice.role) out.field("role", to_text(*choice.role));
  if (choice.content) out.field("content", std::string_view(*choice.content));
  if (!choice.tool_calls.empty()) {
    out.key("tool_calls").begin_array();
    for (const ToolCallDelta& fragment : choice.tool_calls) write_tool_fragment(out, fragment);
    out.end_array();
  }
  write_extra(out, choice.extra);
  out.end_object().field("logprobs", choice.logprobs).key("finish_reason");
  if (choice.finish_reason)
    out.value(to_text(*choice.finish_reason));
  else
    out.null();
  out.end_object();
}

void begin_chunk(json::Writer& out, const Envelope& envelope) {
  out.begin_object().field("id", std::string_view(envelope.id)).field("object", "chat.completion.chunk");
  out.field("created", envelope.created).field("model", std::string_view(envelope.model)).key("choices").begin_array();
}

}  // namespace

Result<ChatDelta> parse_chunk(std::string_view data) {
  const auto document = parse_upstream_document(data);
  if (!document) return fail(document.error());
  ObjectReader in(*document);
  const SourceObject source(*document, data);
  refuse_duplicates(in, source);
  ChatDelta chunk{.id = in.optional_string("id").value_or(""), .model = in.optional_string("model").value_or("")};
  read_choices(in, source, chunk);
  chunk.usage = read_usage(in);
  chunk.extra = source.chosen(kRelayedFromUpstream);
  if (!in.ok()) return fail(upstream_fault(in.error()));
  return chunk;
}

std::string render_chunk(const ChatDelta& delta, const Envelope& envelope, bool include_usage) {
  json::Writer out;
  begin_chunk(out, envelope);
  for (const ChoiceDelta& choice : delta.choices) write_choice(out, choice);
  out.end_array();
  if (include_usage) out.key("usage").null();
  write_extra(out, delta.extra);
  out.end_object();
  return out.take();
}

std::string render_usage_chunk(const Envelope& envelope, const Usage& usage, const RawJson& metadata) {
  json::Writer out;
  begin_chunk(out, envelope);
  out.end_array();
  write_usage(out, usage);
  if (!metadata.empty()) out.field("router_metadata", metadata);
  out.end_object();
  return out.take();
}

}  // namespace xrouter::wire::openai
