#include "xrouter/chat_format/format_data.hpp"

#include <array>

namespace xrouter::chat_format {
namespace {

constexpr TurnTexts kChatMl = {.head = "<|im_start|>", .head_end = "\n", .end = "<|im_end|>", .after = "\n"};

constexpr ToolListTexts kHermesTools = {
    .separator = "\n\n",
    .before =
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>",
    .each_before = "\n",
    .each_after = "",
    .after =
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        "<tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": "
        "<args-json-object>}\n</tool_call>",
};

constexpr CallTexts kHermesCall = {
    .open = "<tool_call>", .close = "</tool_call>", .tag_break = "\n", .separator = "\n", .arguments_key = "arguments"};

constexpr ResultTexts kHermesResult = {.role = "user", .open = "<tool_response>\n", .close = "\n</tool_response>", .separator = "\n"};

// The date is that of the Llama 3.1 template when nobody gives one: a prompt that changes with the day could
// neither be cached nor compared.
constexpr std::string_view kLlamaPreamble = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";

constexpr TurnTexts kLlamaTurn = {
    .head = "<|start_header_id|>", .head_end = "<|end_header_id|>\n\n", .end = "<|eot_id|>", .after = "", .other_end = "<|eom_id|>"};

constexpr ToolListTexts kLlamaTools = {
    .place = ToolsPlace::first_user_turn,
    .before =
        "Given the following functions, please respond with a JSON for a function call with its proper arguments "
        "that best answers the given prompt.\n\nRespond in the format {\"name\": function name, \"parameters\": "
        "dictionary of argument name and its value}.Do not use variables.\n\n",
    .each_before = "",
    .each_after = "\n\n",
    .after = "",
    .json_indent = 4,
};

constexpr CallTexts kLlamaCall = {
    .open = "", .close = "", .tag_break = "", .separator = "", .arguments_key = "parameters", .several = false, .beside_text = false};

constexpr ResultTexts kLlamaResult = {
    .role = "ipython", .open = "", .close = "", .separator = "", .one_turn = false, .as_json_string = true};

}  // namespace

const FormatData kHermes = {
    .name = "hermes",
    .begin = "",
    .turn = kChatMl,
    .system = {.fallback = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."},
    .tools = kHermesTools,
    .call = kHermesCall,
    .result = kHermesResult,
    .thinking = {},
};

const FormatData kQwen3 = {
    .name = "qwen3",
    .begin = "",
    .turn = kChatMl,
    .system = {},
    .tools = kHermesTools,
    .call = kHermesCall,
    .result = kHermesResult,
    .thinking = {.in_history = true, .head_off = "<think>\n\n</think>\n\n"},
};

const FormatData kLlama3 = {
    .name = "llama3",
    .begin = "<|begin_of_text|>",
    .turn = kLlamaTurn,
    .system = {.with_tools = "Environment: ipython\n", .always = kLlamaPreamble},
    .tools = kLlamaTools,
    .call = kLlamaCall,
    .result = kLlamaResult,
    .thinking = {},
    .trims_content = true,
};

const FormatData kLlama30 = {
    .name = "llama3",
    .begin = "<|begin_of_text|>",
    .turn = kLlamaTurn,
    .system = {},
    .tools = kLlamaTools,
    .call = kLlamaCall,
    .result = kLlamaResult,
    .thinking = {},
    .trims_content = true,
};

std::span<const FormatData* const> named_formats() {
  static constexpr std::array<const FormatData*, 3> formats = {&kHermes, &kQwen3, &kLlama3};
  return formats;
}

}  // namespace xrouter::chat_format
