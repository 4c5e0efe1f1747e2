// The special tokens of the format compact. compact.jinja, beside this file, is the same format as a template.
#pragma once

#include <array>
#include <string_view>

namespace xrouter::chat_format::compact {

inline constexpr std::string_view kBegin = "<|begin|>";  ///< of everything
inline constexpr std::string_view kTool = "<|tool|>";    ///< one offered tool: its name, a blank, its description
inline constexpr std::string_view kSystem = "<|system|>";
inline constexpr std::string_view kUser = "<|user|>";
inline constexpr std::string_view kResult = "<|result|>";
inline constexpr std::string_view kAssistant = "<|assistant|>";
inline constexpr std::string_view kAnswer = "<|answer|>";   ///< what follows is text
inline constexpr std::string_view kCall = "<|call|>";       ///< what follows is the name of a tool
inline constexpr std::string_view kFinal = "<|final|>";     ///< of the call in front: its arguments are {"final": true}
inline constexpr std::string_view kArguments = "<|args|>";  ///< of the call in front: what follows is their JSON
inline constexpr std::string_view kEnd = "<|end|>";         ///< of an assistant's turn; turns of others end where the next begins

inline constexpr std::array kSpecialTokens = {kBegin, kTool, kSystem, kUser, kResult, kAssistant, kAnswer, kCall, kFinal, kArguments, kEnd};

/// Every special token begins with it, so a name ends where it stands.
inline constexpr std::string_view kTokenHead = "<|";

inline constexpr std::string_view kFinalArgument = "final";
inline constexpr std::string_view kFinalArguments = "{\"final\": true}";
inline constexpr std::string_view kNoArguments = "{}";

// Of a result this much is shown, in characters: where it begins, and where it comes to its conclusion.
inline constexpr std::size_t kResultHead = 200;
inline constexpr std::size_t kResultTail = 240;
inline constexpr std::string_view kResultGap = " … ";

}  // namespace xrouter::chat_format::compact
