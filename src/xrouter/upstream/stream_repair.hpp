// Brings the deltas of careless servers into the form that clients and their SDKs rely on. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::upstream {

/// For one stream, from its first delta to its last.
class StreamRepair {
 public:
  /// `choices`: how many were asked for.
  explicit StreamRepair(std::int64_t choices) : choices_(choices) {}

  /// Drops choices nobody asked for. The first fragment of a tool call that leaves has its name, an
  /// id (made up when the upstream has none) and a type; what comes before the name waits for it.
  void apply(ChatDelta& delta);

  /// Error upstream_invalid: the stream is over and never opened its first choice, or left a tool
  /// call without a name.
  Result<void> complete() const;

 private:
  struct Call {
    ToolCallDelta opening = {};  ///< as far as it came; its arguments are spent once `open`
    bool open = false;
  };
  bool take(Call& call, ToolCallDelta& fragment);

  std::int64_t choices_;
  bool first_choice_ = false;
  std::map<std::pair<std::int64_t, std::int64_t>, Call> calls_;  // by choice and index, both bounded by the codec
};

}  // namespace xrouter::upstream
