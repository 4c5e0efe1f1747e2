#include "xrouter/chat/types.hpp"

#include <algorithm>
#include <array>

namespace xrouter {
namespace {

constexpr std::array<std::string_view, 5> kFinishReasons{"stop", "length", "tool_calls", "content_filter", "function_call"};
constexpr std::array<std::string_view, 6> kRoles{"system", "developer", "user", "assistant", "tool", "function"};
constexpr std::string_view kRefusal = "refusal";

template <class Enum, std::size_t N>
std::optional<Enum> index_of(const std::array<std::string_view, N>& names, std::string_view text) {
  auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

const RawJson* field(const ExtraFields& extra, std::string_view name) {
  auto it = std::find_if(extra.begin(), extra.end(), [&](const auto& f) { return f.first == name; });
  return it == extra.end() ? nullptr : &it->second;
}

bool has_refusal(const ExtraFields& extra) {
  const RawJson* refusal = field(extra, kRefusal);
  return refusal && refusal->text != "null" && refusal->text != "\"\"";
}

bool is_json_string(const RawJson& raw) { return raw.text.size() >= 2 && raw.text.front() == '"'; }

// Streamed strings arrive in fragments ("ab", then "cd"): join them as JSON text, without decoding.
void merge_extra(ExtraFields& into, const ExtraFields& from) {
  for (const auto& [name, value] : from) {
    auto it = std::find_if(into.begin(), into.end(), [&](const auto& f) { return f.first == name; });
    if (it == into.end()) {
      into.emplace_back(name, value);
    } else if (is_json_string(it->second) && is_json_string(value)) {
      it->second.text.pop_back();
      it->second.text.append(value.text, 1);
    } else if (value.text != "null") {
      it->second = value;
    }
  }
}

void append_text(Content& content, const std::string& text) {
  if (auto* current = std::get_if<std::string>(&content))
    *current += text;
  else
    content = text;
}

}  // namespace

std::string_view to_text(FinishReason reason) { return kFinishReasons[static_cast<std::size_t>(reason)]; }
std::optional<FinishReason> finish_reason_of(std::string_view text) { return index_of<FinishReason>(kFinishReasons, text); }
std::string_view to_text(Role role) { return kRoles[static_cast<std::size_t>(role)]; }
std::optional<Role> role_of(std::string_view text) { return index_of<Role>(kRoles, text); }

std::string text_of(const Content& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  std::string joined;
  if (const auto* parts = std::get_if<std::vector<ContentPart>>(&content)) {
    for (const ContentPart& part : *parts) {
      if (part.type != "text") continue;
      if (!joined.empty()) joined += '\n';
      joined += part.text;
    }
  }
  return joined;
}

std::string last_user_text(const ChatRequest& request) {
  for (auto it = request.messages.rbegin(); it != request.messages.rend(); ++it)
    if (it->role == Role::user) return text_of(it->content);
  return {};
}

Usage& Usage::operator+=(const Usage& other) {
  prompt_tokens += other.prompt_tokens;
  completion_tokens += other.completion_tokens;
  cached_tokens += other.cached_tokens;
  cache_write_tokens += other.cache_write_tokens;
  prompt_audio_tokens += other.prompt_audio_tokens;
  reasoning_tokens += other.reasoning_tokens;
  completion_audio_tokens += other.completion_audio_tokens;
  accepted_prediction_tokens += other.accepted_prediction_tokens;
  rejected_prediction_tokens += other.rejected_prediction_tokens;
  return *this;
}

bool ChatReply::has_answer() const {
  if (choices.empty()) return false;
  const Message& message = choices.front().message;
  return !message.tool_calls.empty() || !text_of(message.content).empty() || has_refusal(message.extra) ||
         field(message.extra, "audio") != nullptr || field(message.extra, "function_call") != nullptr;
}

std::string ChatReply::text() const { return choices.empty() ? std::string() : text_of(choices.front().message.content); }

bool ChatDelta::commits() const {
  return std::any_of(choices.begin(), choices.end(), [](const ChoiceDelta& choice) {
    return (choice.content && !choice.content->empty()) || !choice.tool_calls.empty() || has_refusal(choice.extra) ||
           field(choice.extra, "audio") != nullptr || field(choice.extra, "function_call") != nullptr;
  });
}

void ReplyAccumulator::add(const ChatDelta& delta) {
  if (id_.empty()) id_ = delta.id;
  if (model_.empty()) model_ = delta.model;
  if (delta.usage) usage_ = delta.usage;
  merge_extra(extra_, delta.extra);
  for (const ChoiceDelta& piece : delta.choices) {
    Building& building = choices_[piece.index];
    building.choice.index = piece.index;
    if (piece.role) building.choice.message.role = *piece.role;
    if (piece.content) append_text(building.choice.message.content, *piece.content);
    if (!piece.logprobs.text.empty()) building.choice.logprobs = piece.logprobs;
    merge_extra(building.choice.message.extra, piece.extra);
    for (const ToolCallDelta& fragment : piece.tool_calls) {
      ToolCall& call = building.tool_calls[fragment.index];
      if (!fragment.id.empty()) call.id = fragment.id;
      if (!fragment.type.empty()) call.type = fragment.type;
      if (!fragment.name.empty()) call.name = fragment.name;
      call.arguments += fragment.arguments;
    }
    if (piece.finish_reason) {
      building.choice.finish_reason = *piece.finish_reason;
      building.finished = true;
    }
  }
}

bool ReplyAccumulator::finished() const {
  return !choices_.empty() && std::all_of(choices_.begin(), choices_.end(), [](const auto& entry) { return entry.second.finished; });
}

ChatReply ReplyAccumulator::reply() const {
  ChatReply reply{.id = id_, .model = model_, .choices = {}, .usage = usage_, .extra = extra_};
  for (const auto& [index, building] : choices_) {
    Choice choice = building.choice;
    for (const auto& [position, call] : building.tool_calls) choice.message.tool_calls.push_back(call);
    reply.choices.push_back(std::move(choice));
  }
  return reply;
}

std::vector<ChatDelta> deltas_of(const ChatReply& reply) {
  std::vector<ChatDelta> deltas;
  for (const Choice& choice : reply.choices) {
    ChoiceDelta body{.index = choice.index, .role = Role::assistant, .logprobs = choice.logprobs, .extra = choice.message.extra};
    if (const std::string text = text_of(choice.message.content); !text.empty()) body.content = text;
    std::int64_t position = 0;
    for (const ToolCall& call : choice.message.tool_calls)
      body.tool_calls.push_back({.index = position++, .id = call.id, .type = call.type, .name = call.name, .arguments = call.arguments});
    deltas.push_back({.id = reply.id, .model = reply.model, .choices = {std::move(body)}});
    ChoiceDelta last{.index = choice.index, .finish_reason = choice.finish_reason};
    deltas.push_back({.id = reply.id, .model = reply.model, .choices = {std::move(last)}});
  }
  return deltas;
}

}  // namespace xrouter
