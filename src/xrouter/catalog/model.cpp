#include "xrouter/catalog/model.hpp"

#include <array>
#include <algorithm>

namespace xrouter {
namespace {

constexpr std::array<std::string_view, 4> kTiers{"premium", "standard", "budget", "specialised"};

std::size_t bytes_of(const Message& message) {
  std::size_t bytes = message.name.size() + message.tool_call_id.size();
  if (const auto* text = std::get_if<std::string>(&message.content)) bytes += text->size();
  if (const auto* parts = std::get_if<std::vector<ContentPart>>(&message.content))
    for (const ContentPart& part : *parts) bytes += part.raw.text.size();
  for (const ToolCall& call : message.tool_calls) bytes += call.name.size() + call.arguments.size() + call.id.size();
  for (const auto& [name, value] : message.extra) bytes += name.size() + value.text.size();
  return bytes;
}

}  // namespace

std::string_view to_text(Tier tier) { return kTiers[static_cast<std::size_t>(tier)]; }

std::optional<Tier> tier_of(std::string_view text) {
  auto it = std::find(kTiers.begin(), kTiers.end(), text);
  if (it == kTiers.end()) return std::nullopt;
  return static_cast<Tier>(it - kTiers.begin());
}

std::string tool_name_of(const ModelId& id) {
  std::string name = "call_" + id.value;
  for (char& c : name) {
    bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!keep) c = '_';
  }
  return name;
}

std::int64_t TokenEstimator::prompt_tokens(const ChatRequest& request) const {
  std::int64_t tokens = 0;
  for (const Message& message : request.messages) tokens += tokens_of(bytes_of(message)) + tokens_per_message;
  for (const ToolSpec& tool : request.tools)
    tokens += tokens_of(tool.raw.text.empty() ? tool.name.size() + tool.description.size() + tool.parameters.text.size() : tool.raw.text.size());
  tokens += tokens_of(request.response_format.text.size());
  return tokens;
}

}  // namespace xrouter
