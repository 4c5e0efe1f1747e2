// Which members of an upstream's answer are passed on to our client although nothing here acts on
// them. Everything else stays behind: it would be somebody else's format, and may tell of the
// upstream what is nobody's business.
#pragma once

#include <array>
#include <string_view>

namespace xrouter::wire::openai {

/// Of a reply and a chunk, of a message and a delta alike. `logprobs` has a typed place of its own.
inline constexpr std::array<std::string_view, 9> kRelayedFromUpstream{
    "service_tier", "system_fingerprint", "refusal", "annotations", "audio", "function_call", "reasoning_content", "reasoning", "citations"};

/// Of a tool call: what must come back in the next turn.
inline constexpr std::array<std::string_view, 1> kRelayedOfToolCall{"extra_content"};

}  // namespace xrouter::wire::openai
