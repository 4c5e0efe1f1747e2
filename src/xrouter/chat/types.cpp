#include "xrouter/chat/types.hpp"

#include <algorithm>
#include <array>

namespace xrouter {
namespace {

constexpr std::array<std::string_view, 5> kFinishReasons{"stop", "length", "tool_calls", "content_filter", "function_call"};
constexpr std::array<std::string_view, 6> kRoles{"system", "developer", "user", "assistant", "tool", "function"};

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

bool has(const ExtraFields& extra, std::string_view name) {
  const RawJson* value = field(extra, name);
  return value && value->text != "null" && value->text != "\"\"";
}

// What besides text and tool calls a client takes for an answer. Reasoning text is none.
bool has_other_output(const ExtraFields& extra) { return has(extra, "refusal") || has(extra, "audio") || has(extra, "function_call"); }

}  // namespace

std::string_view to_text(FinishReason reason) { return kFinishReasons[static_cast<std::size_t>(reason)]; }
std::optional<FinishReason> finish_reason_of(std::string_view text) { return index_of<FinishReason>(kFinishReasons, text); }
std::string_view to_text(Role role) { return kRoles[static_cast<std::size_t>(role)]; }
std::optional<Role> role_of(std::string_view text) { return index_of<Role>(kRoles, text); }

std::string made_up_call_id(std::int64_t index) { return "call_" + std::to_string(index); }

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
  return !message.tool_calls.empty() || !text_of(message.content).empty() || has_other_output(message.extra);
}

std::string ChatReply::text() const { return choices.empty() ? std::string() : text_of(choices.front().message.content); }

bool ChatDelta::commits() const {
  return std::any_of(choices.begin(), choices.end(), [](const ChoiceDelta& choice) {
    return (choice.content && !choice.content->empty()) || !choice.tool_calls.empty() || has_other_output(choice.extra);
  });
}

}  // namespace xrouter
