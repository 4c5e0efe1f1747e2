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

  void remember(const ChatReply& answer, const ModelId& model);
  /// The model that asked the latest tool call which `request` brings a result for.
  std::optional<ModelId> model_for(const ChatRequest& request) const;
  std::size_t size() const;

 private:
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, ModelId> models_;
  std::deque<std::string> order_;
};

}  // namespace xrouter::service
