// What is checked of a decision before and after a family writes it down.
#pragma once

#include <string_view>
#include <vector>

#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {

/// Errors: invalid_request for what no family or this one cannot say, see ChatFormat::write_reply.
Result<void> check_reply(std::string_view text, const std::vector<ToolCall>& calls, bool several);

/// The spans, when the format's parser reads in them what was to be said. Error: invalid_request.
Result<std::vector<Span>> if_read_alike(const ChatFormat& format, std::vector<Span> spans, std::string_view text,
                                        const std::vector<ToolCall>& calls);

}  // namespace xrouter::chat_format
