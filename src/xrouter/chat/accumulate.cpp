#include <algorithm>

#include "xrouter/chat/types.hpp"

namespace xrouter {
namespace {

void append_text(Content& content, const std::string& text) {
  if (auto* current = std::get_if<std::string>(&content))
    *current += text;
  else
    content = text;
}

// For fields that repeat in every chunk, such as system_fingerprint.
void replace_fields(ExtraFields& into, const ExtraFields& from) {
  for (const auto& field : from) {
    auto it = std::find_if(into.begin(), into.end(), [&](const auto& known) { return known.first == field.first; });
    if (it == into.end()) {
      if (into.size() < StreamedFields::kMaxNames) into.push_back(field);
    } else if (field.second.text != "null") {
      it->second = field.second;
    }
  }
}

void append_fragment(ToolCall& call, const ToolCallDelta& fragment) {
  if (!fragment.id.empty()) call.id = fragment.id;
  if (!fragment.type.empty()) call.type = fragment.type;
  if (fragment.custom) call.type = "custom";
  if (!fragment.name.empty()) call.name = fragment.name;
  call.arguments += fragment.arguments;
  replace_fields(call.extra, fragment.extra);
}

ChatDelta delta_with(const ChatReply& reply, ChoiceDelta choice) {
  ChatDelta delta{.id = reply.id, .model = reply.model};
  delta.choices.push_back(std::move(choice));
  return delta;
}

ChoiceDelta body_of(const Choice& choice) {
  const Message& message = choice.message;
  ChoiceDelta body{.index = choice.index, .role = message.role, .logprobs = choice.logprobs, .extra = message.extra};
  if (!std::holds_alternative<std::monostate>(message.content)) body.content = text_of(message.content);
  for (const ToolCall& call : message.tool_calls)
    body.tool_calls.push_back({.index = static_cast<std::int64_t>(body.tool_calls.size()),
                               .id = call.id,
                               .type = call.type,
                               .name = call.name,
                               .arguments = call.arguments,
                               .extra = call.extra,
                               .custom = call.type == "custom"});
  return body;
}

}  // namespace

void ReplyAccumulator::add(const ChatDelta& delta) {
  if (id_.empty()) id_ = delta.id;
  if (model_.empty()) model_ = delta.model;
  if (delta.usage) usage_ = delta.usage;
  replace_fields(extra_, delta.extra);
  for (const ChoiceDelta& piece : delta.choices) add(piece);
}

void ReplyAccumulator::add(const ChoiceDelta& piece) {
  Building& building = choices_[piece.index];
  Message& message = building.choice.message;
  building.choice.index = piece.index;
  if (piece.role) message.role = *piece.role;
  if (piece.content) append_text(message.content, *piece.content);
  for (const ToolCallDelta& fragment : piece.tool_calls) append_fragment(building.tool_calls[fragment.index], fragment);
  building.logprobs.add(piece.logprobs.text);
  building.extra.add(piece.extra);
  if (!piece.finish_reason) return;
  building.choice.finish_reason = *piece.finish_reason;
  building.finished = true;
}

bool ReplyAccumulator::finished() const {
  return !choices_.empty() && std::all_of(choices_.begin(), choices_.end(), [](const auto& entry) { return entry.second.finished; });
}

ChatReply ReplyAccumulator::reply() const {
  ChatReply reply{.id = id_, .model = model_, .choices = {}, .usage = usage_, .extra = extra_};
  for (const auto& [index, building] : choices_) {
    Choice choice = building.choice;
    choice.logprobs.text = building.logprobs.text();
    choice.message.extra = building.extra.fields();
    for (const auto& [position, call] : building.tool_calls) choice.message.tool_calls.push_back(call);
    reply.choices.push_back(std::move(choice));
  }
  return reply;
}

std::vector<ChatDelta> deltas_of(const ChatReply& reply) {
  std::vector<ChatDelta> deltas;
  for (const Choice& choice : reply.choices) {
    deltas.push_back(delta_with(reply, body_of(choice)));
    deltas.push_back(delta_with(reply, {.index = choice.index, .finish_reason = choice.finish_reason}));
  }
  if (!deltas.empty()) deltas.front().extra = reply.extra;
  return deltas;
}

}  // namespace xrouter
