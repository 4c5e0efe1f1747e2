#include "xrouter/chat_format/message_texts.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <optional>

#include "xrouter/chat_format/python_json.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {
namespace bj = boost::json;

Error refused(std::string param, std::string text) {
  return {.kind = ErrorKind::invalid_request, .public_text = std::move(text), .param = std::move(param)};
}

std::string place(std::string_view list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

// Key order of a tool that came without its original text; the codec writes the same.
bj::value tool_value(const ToolSpec& tool, const bj::value* parameters) {
  bj::object function;
  function["name"] = tool.name;
  if (!tool.description.empty()) function["description"] = tool.description;
  if (parameters) function["parameters"] = *parameters;
  bj::object whole;
  whole["type"] = "function";
  whole["function"] = std::move(function);
  return whole;
}

std::optional<std::string> reasoning_content(const Message& message) {
  for (const auto& [name, raw] : message.extra) {
    if (name != "reasoning_content") continue;
    const auto value = json::parse(raw.text);
    if (const auto* text = value ? value->if_string() : nullptr) return std::string(text->data(), text->size());
  }
  return std::nullopt;
}

std::string_view without_leading(std::string_view text, char c) {
  const std::size_t first = text.find_first_not_of(c);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view without_trailing(std::string_view text, char c) { return text.substr(0, text.find_last_not_of(c) + 1); }

}  // namespace

Result<std::string> plain_text(const Message& message, std::size_t index) {
  const auto* parts = std::get_if<std::vector<ContentPart>>(&message.content);
  if (!parts) return text_of(message.content);
  const auto odd = std::find_if(parts->begin(), parts->end(), [](const ContentPart& part) { return part.type != "text" && part.type != "refusal"; });
  if (odd == parts->end()) {
    std::string joined;
    for (const ContentPart& part : *parts) joined.append(joined.empty() ? "" : "\n").append(part.text);
    return joined;
  }
  const std::string param = place("messages", index) + "." + place("content", static_cast<std::size_t>(odd - parts->begin()));
  return fail(refused(param, "This model reads text only; '" + param + "' is of another type."));
}

Result<void> check_calls(const Message& message, std::size_t index, bool several) {
  const std::string param = place("messages", index) + ".tool_calls";
  if (!several && message.tool_calls.size() > 1)
    return fail(refused(param, "This model knows one tool call a turn; '" + param + "' has more."));
  const bool custom =
      std::any_of(message.tool_calls.begin(), message.tool_calls.end(), [](const ToolCall& call) { return call.type != "function"; });
  if (custom) return fail(refused(param, "This model calls functions only; '" + param + "' has a call of another type."));
  return {};
}

Result<void> check_tool(const ToolSpec& tool, std::size_t index) {
  if (!tool.name.empty()) return {};
  return fail(refused(place("tools", index), "This model calls functions only; '" + place("tools", index) + "' is another type of tool."));
}

Result<std::string> tool_json(const ToolSpec& tool, std::size_t index, int indent) {
  if (const auto fits = check_tool(tool, index); !fits) return fail(fits.error());
  if (!tool.raw.empty()) {
    const auto whole = json::parse(tool.raw.text);
    if (!whole) return fail(refused(place("tools", index), "'" + place("tools", index) + "' is not JSON."));
    return python_json(*whole, indent);
  }
  if (tool.parameters.empty()) return python_json(tool_value(tool, nullptr), indent);
  const auto parameters = json::parse(tool.parameters.text);
  if (!parameters) return fail(refused(place("tools", index), "The parameters of '" + place("tools", index) + "' are not JSON."));
  return python_json(tool_value(tool, &*parameters), indent);
}

std::string arguments_json(const ToolCall& call) {
  const auto value = json::parse(call.arguments);
  return value ? python_json(*value) : python_json(std::string_view(call.arguments));
}

ThinkingAndText thinking_apart(const Message& message, const ThinkingTexts& tags) {
  const std::string content = text_of(message.content);
  if (auto reasoning = reasoning_content(message)) return {.thinking = std::move(*reasoning), .text = content};
  const std::size_t first_close = content.find(tags.close);
  if (first_close == std::string::npos) return {.thinking = {}, .text = content};
  const std::string_view whole = content;
  std::string_view before = without_trailing(whole.substr(0, first_close), '\n');
  if (const std::size_t open = before.rfind(tags.open); open != std::string_view::npos) before.remove_prefix(open + tags.open.size());
  const std::string_view after = whole.substr(whole.rfind(tags.close) + tags.close.size());
  return {.thinking = std::string(without_leading(before, '\n')), .text = std::string(without_leading(after, '\n'))};
}

std::string_view strip_leading_line_breaks(std::string_view text) { return without_leading(text, '\n'); }
std::string_view strip_line_breaks(std::string_view text) { return without_trailing(without_leading(text, '\n'), '\n'); }

}  // namespace xrouter::chat_format
