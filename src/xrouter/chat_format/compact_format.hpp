// The format of small models that are made for routing: short prompts, and a decision of two to four tokens.
#pragma once

#include <memory>
#include <string_view>

#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {

inline constexpr std::string_view kCompactName = "compact";

bool is_compact_template(std::string_view jinja);

/// The tools, one line each (name and description, no schema), then the conversation. A call is its name alone, with a
/// token more for {"final": true}; an answer has a token of its own in front, so the kind of a decision is one choice.
///
/// Lossy on purpose: the router's own system message is left out (kRouterRole), so is text beside calls, and of a long
/// result the middle. A model of this size chooses; it does not write instructions: the grammar lets it write arguments
/// only where a schema requires some. Thinking does not exist.
std::shared_ptr<const ChatFormat> make_compact_format();

}  // namespace xrouter::chat_format
