#include "xrouter/chat_format/recognise.hpp"

#include <optional>

namespace xrouter::chat_format {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string first_line(std::string_view text) {
  constexpr std::size_t kShown = 120;
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "(empty)";
  text.remove_prefix(begin);
  return std::string(text.substr(0, std::min(text.find_first_of("\r\n"), kShown)));
}

Error unknown(std::string_view jinja, std::string_view why) {
  return {.kind = ErrorKind::config,
          .public_text = "The model's chat template is of no known family (" + std::string(why) + "); it begins: " + first_line(jinja)};
}

// A constant between two marks of a Jinja string, its escapes resolved; nothing when an expression comes in between.
std::optional<std::string> constant_until(std::string_view source, std::string_view end, char quote) {
  std::string out;
  while (!source.empty() && !source.starts_with(end)) {
    if (source.front() == quote) return std::nullopt;
    const bool escape = source.front() == '\\' && source.size() > 1;
    const char c = escape ? source[1] : source[0];
    out += escape && c == 'n' ? '\n' : escape && c == 't' ? '\t' : c;
    source.remove_prefix(escape ? 2 : 1);
  }
  return source.empty() ? std::nullopt : std::optional(out);
}

// What a ChatML template says where the conversation has no system message.
std::string default_system_of(std::string_view jinja) {
  constexpr std::string_view kHead = "<|im_start|>system";
  for (std::size_t at = jinja.find(kHead); at != std::string_view::npos; at = jinja.find(kHead, at + 1)) {
    std::string_view rest = jinja.substr(at + kHead.size());
    if (rest.starts_with("\\n"))
      rest.remove_prefix(2);
    else if (rest.starts_with("\n"))
      rest.remove_prefix(1);
    else
      continue;
    const char quote = at > 0 ? jinja[at - 1] : '\'';
    if (auto text = constant_until(rest, "<|im_end|>", quote)) return *text;
  }
  return {};
}

Result<Recognised> recognise_chatml(std::string_view jinja) {
  const bool speaks_of_tools = has(jinja, "tool");
  const bool hermes_tools = has(jinja, "# Tools\\n\\nYou may call one or more functions to assist with the user query.") &&
                            has(jinja, "<tool_call>") && has(jinja, "\"arguments\": ") && !has(jinja, "<function=");
  if (speaks_of_tools && !hermes_tools) return fail(unknown(jinja, "ChatML with another way to call tools"));
  if (has(jinja, "<|im_start|>assistant\\n<think>\\n'")) return fail(unknown(jinja, "every turn begins with thinking"));
  const bool thinks = has(jinja, "reasoning_content") && has(jinja, "enable_thinking");
  return Recognised{.format = thinks ? &kQwen3 : &kHermes, .default_system = default_system_of(jinja)};
}

Result<Recognised> recognise_llama(std::string_view jinja) {
  if (has(jinja, "Cutting Knowledge Date: December 2023") && has(jinja, "\"parameters\": ") && has(jinja, "ipython"))
    return Recognised{.format = &kLlama3, .default_system = {}};
  if (has(jinja, "tool") || has(jinja, "function")) return fail(unknown(jinja, "Llama 3 with another way to call tools"));
  return Recognised{.format = &kLlama30, .default_system = {}};
}

}  // namespace

Result<Recognised> recognise(std::string_view jinja) {
  if (has(jinja, "<|im_start|>") && has(jinja, "<|im_end|>")) return recognise_chatml(jinja);
  if (has(jinja, "<|start_header_id|>") && has(jinja, "<|eot_id|>")) return recognise_llama(jinja);
  return fail(unknown(jinja, "neither ChatML nor Llama 3"));
}

}  // namespace xrouter::chat_format
