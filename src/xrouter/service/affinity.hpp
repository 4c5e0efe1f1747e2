// Remembers which model asked for a tool call, so that the results go back to it.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "xrouter/base/ids.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::service {

/// Bounded: the oldest entry goes first. Thread-safe; shared by all workers, and touched only by
/// requests and answers that carry tool calls.
class ToolAffinity {
 public:
  explicit ToolAffinity(std::size_t capacity = 65'536) : capacity_(capacity) {}

  /// `caller`: the fingerprint of the API key, "" without keys. A call is known again by its caller, id,
  /// function and arguments together, because some servers give the same ids in every conversation.
  void remember(const ChatReply& answer, const ModelId& model, const std::string& caller);
  /// The model that asked the latest tool call which `request` brings a result for.
  std::optional<ModelId> model_for(const ChatRequest& request, const std::string& caller) const;
  std::size_t size() const;

 private:
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, ModelId> models_;
  std::deque<std::string> order_;
};

}  // namespace xrouter::service
