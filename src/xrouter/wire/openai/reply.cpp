#include <algorithm>

#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/message.hpp"
#include "xrouter/wire/openai/relayed.hpp"
#include "xrouter/wire/openai/source.hpp"
#include "xrouter/wire/openai/upstream_document.hpp"
#include "xrouter/wire/openai/usage.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;

Result<Choice> parse_choice(const bj::value& value, std::string_view text, std::size_t position) {
  const std::string path = "choices[" + std::to_string(position) + "]";
  json::ObjectReader in(value, path);
  const SourceObject source(value, text);
  refuse_duplicates(in, source);
  Choice choice;
  choice.index = read_index(in, position, kMaxChoices);
  const auto reason = read_finish_reason(in);
  if (!in.has("message")) in.fail_at("message", "is missing");
  if (!in.ok()) return fail(in.error());
  auto message = parse_message(*in.find("message"), source.text("message"), path + ".message", {.sender = Sender::upstream});
  if (!message) return fail(std::move(message.error()));
  choice.message = std::move(*message);
  choice.logprobs = source.raw("logprobs");
  choice.finish_reason = reason.value_or(choice.message.tool_calls.empty() ? FinishReason::stop : FinishReason::tool_calls);
  ChatReply alone;
  alone.choices.push_back(std::move(choice));
  if (!reason && !alone.has_answer()) in.fail_at("", "has neither an answer nor a finish_reason");
  if (!in.ok()) return fail(in.error());
  return std::move(alone.choices.front());
}

Result<std::vector<Choice>> parse_choices(json::ObjectReader& in, const SourceObject& source) {
  const bj::array* items = in.optional_array("choices", kMaxChoices);
  if (in.ok() && (!items || items->empty())) in.fail_at("choices", "is missing or empty");
  if (!in.ok()) return fail(in.error());
  const auto sources = elements_of(*items, source.text("choices"));
  if (!sources) return fail(sources.error());
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto choice = parse_choice((*items)[i], (*sources)[i], i);
    if (!choice) return fail(std::move(choice.error()));
    choices.push_back(std::move(*choice));
  }
  // The first choice is the answer; not every server sorts them.
  std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.index < b.index; });
  return choices;
}

}  // namespace

Result<ChatReply> parse_chat_reply(std::string_view body) {
  const auto document = parse_upstream_document(body);
  if (!document) return fail(document.error());
  json::ObjectReader in(*document);
  const SourceObject source(*document, body);
  refuse_duplicates(in, source);
  ChatReply reply{.id = in.optional_string("id").value_or(""), .model = in.optional_string("model").value_or(""), .choices = {}};
  reply.usage = read_usage(in);
  auto choices = parse_choices(in, source);
  if (!choices) return fail(upstream_fault(choices.error()));
  reply.choices = std::move(*choices);
  reply.extra = source.chosen(kRelayedFromUpstream);
  return reply;
}

std::string render_chat_reply(const ChatReply& reply, const Envelope& envelope, const Usage& usage, const RawJson& metadata) {
  json::Writer out;
  out.begin_object().field("id", std::string_view(envelope.id)).field("object", "chat.completion");
  out.field("created", envelope.created).field("model", std::string_view(envelope.model));
  out.key("choices").begin_array();
  for (const Choice& choice : reply.choices) {
    out.begin_object().field("index", choice.index).key("message");
    write_message(out, choice.message, true);
    out.field("logprobs", choice.logprobs).field("finish_reason", to_text(choice.finish_reason)).end_object();
  }
  out.end_array();
  write_usage(out, usage);
  write_extra(out, reply.extra);
  if (!metadata.empty()) out.field("router_metadata", metadata);
  out.end_object();
  return out.take();
}

}  // namespace xrouter::wire::openai
