// What `tool_choice` and `response_format` ask of a reply.
#pragma once

#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::host {

struct ToolWishes {
  bool may_answer = true;
  bool may_call = false;
  std::vector<ToolSpec> callable = {};  ///< of the offered tools
};

/// Errors: invalid_request, `param` tool_choice.
Result<ToolWishes> read_tool_choice(const ChatRequest& request);

/// A JSON schema that the reply must follow; "" for plain text. Errors: invalid_request, `param` response_format.
Result<std::string> read_response_format(const ChatRequest& request);

}  // namespace xrouter::host
