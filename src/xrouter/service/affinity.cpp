#include "xrouter/service/affinity.hpp"

#include "xrouter/base/rng.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::service {
namespace {

// Longer ids come from nobody we know; they are not worth the memory.
constexpr std::size_t kMaxIdBytes = 256;

// Some clients parse the arguments and write them again, with other blanks.
std::string normalised(const std::string& arguments) {
  const auto value = json::parse(arguments);
  return value ? json::raw(*value).text : arguments;
}

std::string key_of(const ToolCall& call, const std::string& caller) {
  const std::uint64_t asked = fnv1a64(normalised(call.arguments), fnv1a64(call.name + '\n'));
  return caller + '\n' + std::to_string(asked) + '\n' + call.id;
}

// The call that a tool message answers, in the nearest assistant message before it.
const ToolCall* call_of(const ChatRequest& request, const std::string& id) {
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (message->role == Role::tool) continue;
    for (const ToolCall& call : message->tool_calls)
      if (call.id == id) return &call;
    return nullptr;
  }
  return nullptr;
}

}  // namespace

void ToolAffinity::remember(const ChatReply& answer, const ModelId& model, const std::string& caller) {
  for (const Choice& choice : answer.choices) {
    for (const ToolCall& call : choice.message.tool_calls) {
      if (call.id.empty() || call.id.size() > kMaxIdBytes) continue;
      const std::string key = key_of(call, caller);
      std::lock_guard lock(mutex_);
      if (!models_.insert_or_assign(key, model).second) continue;
      order_.push_back(key);
      if (order_.size() <= capacity_) continue;
      models_.erase(order_.front());
      order_.pop_front();
    }
  }
}

std::optional<ModelId> ToolAffinity::model_for(const ChatRequest& request, const std::string& caller) const {
  // Only the conversation's end counts: after a new user turn the router decides afresh.
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (message->role != Role::tool) return std::nullopt;
    const ToolCall* call = call_of(request, message->tool_call_id);
    if (!call) continue;
    const std::string key = key_of(*call, caller);
    std::lock_guard lock(mutex_);
    auto it = models_.find(key);
    if (it != models_.end()) return it->second;
  }
  return std::nullopt;
}

std::size_t ToolAffinity::size() const {
  std::lock_guard lock(mutex_);
  return models_.size();
}

}  // namespace xrouter::service
