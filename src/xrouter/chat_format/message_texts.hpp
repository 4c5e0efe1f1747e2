// What a message or a tool contributes as text, and what a text format cannot say.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/chat_format/format_data.hpp"

namespace xrouter::chat_format {

/// Errors: invalid_request naming messages[index] when it holds pictures, sound or files.
Result<std::string> plain_text(const Message& message, std::size_t index);
/// Errors: invalid_request for custom calls, and for several where the format has one a turn.
Result<void> check_calls(const Message& message, std::size_t index, bool several);
/// Errors: invalid_request naming tools[index] when it is no function.
Result<void> check_tool(const ToolSpec& tool, std::size_t index);
/// The tool as the template prints it. Errors: invalid_request naming tools[index].
Result<std::string> tool_json(const ToolSpec& tool, std::size_t index, int indent);
/// The arguments as the template prints them; what is not JSON becomes a JSON string.
std::string arguments_json(const ToolCall& call);

struct ThinkingAndText {
  std::string thinking;
  std::string text;
};
/// From `reasoning_content`, or else from the tags in an assistant's text.
ThinkingAndText thinking_apart(const Message& message, const ThinkingTexts& tags);

std::string_view strip_leading_line_breaks(std::string_view text);
std::string_view strip_line_breaks(std::string_view text);

}  // namespace xrouter::chat_format
