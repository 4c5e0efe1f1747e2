#include "xrouter/service/affinity.hpp"

namespace xrouter::service {
namespace {

// Longer ids come from nobody we know; they are not worth the memory.
constexpr std::size_t kMaxIdBytes = 256;

}  // namespace

void ToolAffinity::remember(const ChatReply& answer, const ModelId& model) {
  for (const Choice& choice : answer.choices) {
    for (const ToolCall& call : choice.message.tool_calls) {
      if (call.id.empty() || call.id.size() > kMaxIdBytes) continue;
      std::lock_guard lock(mutex_);
      if (!models_.insert_or_assign(call.id, model).second) continue;
      order_.push_back(call.id);
      if (order_.size() <= capacity_) continue;
      models_.erase(order_.front());
      order_.pop_front();
    }
  }
}

std::optional<ModelId> ToolAffinity::model_for(const ChatRequest& request) const {
  // Only the conversation's end counts: after a new user turn the router decides afresh.
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (message->role != Role::tool) return std::nullopt;
    std::lock_guard lock(mutex_);
    auto it = models_.find(message->tool_call_id);
    if (it != models_.end()) return it->second;
  }
  return std::nullopt;
}

std::size_t ToolAffinity::size() const {
  std::lock_guard lock(mutex_);
  return models_.size();
}

}  // namespace xrouter::service
