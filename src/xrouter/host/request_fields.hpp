// The fields of a request beyond the typed ones: which are acted on, which change nothing, which are refused.
#pragma once

#include <optional>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::host {

struct RequestFields {
  bool parallel_tool_calls = true;
  int top_k = 0;
  double min_p = 0;
  std::optional<chat_format::Thinking> thinking = {};
};

/// Errors: invalid_request naming the field. A field is never ignored silently, except those that say who asks or
/// how the request is to be filed.
Result<RequestFields> read_fields(const ChatRequest& request);

}  // namespace xrouter::host
