#include "xrouter/grade/calls/call_text.hpp"

#include <algorithm>

#include "xrouter/grade/calls/python_calls.hpp"
#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::calls {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

std::string without_markdown_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '_') continue;
    plain += text[i];
  }
  return plain;
}

// The fence's content when the whole reply is one fence, be it in one line.
std::string_view without_fence(std::string_view text) {
  constexpr std::string_view kTicks = "```";
  if (!text.starts_with(kTicks)) return text;
  const bool closed = text.size() >= 2 * kTicks.size() && text.ends_with(kTicks);
  std::string_view inside = text.substr(kTicks.size(), text.size() - (closed ? 2 : 1) * kTicks.size());
  if (inside.find(kTicks) != std::string_view::npos) return text;
  const std::size_t label = std::min(inside.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), inside.size());
  if (label < inside.size() && std::string_view(" \t\r\n[{").find(inside[label]) != std::string_view::npos) inside.remove_prefix(label);
  return extract::trimmed(inside);
}

// The arguments of a call in JSON: an object, or a string that holds one.
std::optional<Value> arguments_object(const Value& written) {
  if (written.if_dict()) return written;
  const std::string* text = written.if_string();
  if (!text) return std::nullopt;
  auto parsed = parse_json(*text, {.max_bytes = kMaxBytes, .reject_duplicates = true});
  if (!parsed || !parsed->if_dict()) return std::nullopt;
  return std::move(*parsed);
}

std::optional<FunctionCall> json_call(const Value& written) {
  const Value::Dict* dict = written.if_dict();
  if (!dict || dict->items.empty()) return std::nullopt;
  const Value* name = written.find("name");
  const Value* body = written.find("arguments");
  if (!body) body = written.find("parameters");
  if (!name || !body || !name->if_string()) {
    if (dict->items.size() != 1) return std::nullopt;
    name = &dict->items[0].first;
    body = &dict->items[0].second;
  }
  const auto arguments = arguments_object(*body);
  if (!arguments || !name->if_string()) return std::nullopt;
  FunctionCall call{.name = *name->if_string(), .arguments = {}};
  for (const auto& [key, value] : arguments->if_dict()->items) {
    if (key.if_string()) call.arguments.emplace_back(*key.if_string(), value);
  }
  return call;
}

std::optional<std::vector<FunctionCall>> json_calls(std::string_view text) {
  const auto parsed = parse_json(text, {.max_bytes = kMaxBytes, .reject_duplicates = true});
  if (!parsed) return std::nullopt;
  std::vector<FunctionCall> calls;
  if (const auto single = json_call(*parsed)) return std::vector{*single};
  if (!parsed->if_list()) return std::nullopt;
  for (const Value& item : parsed->if_list()->items) {
    auto call = json_call(item);
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
  }
  return calls;
}

}  // namespace

const Value* FunctionCall::find(std::string_view wanted) const {
  for (const auto& [argument, value] : arguments) {
    if (argument == wanted) return &value;
  }
  return nullptr;
}

Result<std::vector<FunctionCall>> parse_calls(std::string_view reply) {
  if (reply.size() > kMaxBytes) return fail(ErrorKind::invalid_request, "the reply is longer than 64 KiB");
  const std::string_view text = without_fence(extract::trimmed(reply));
  if (text.empty()) return fail(ErrorKind::invalid_request, "the reply is empty");
  if (auto calls = json_calls(text)) return std::move(*calls);
  return parse_python_calls(without_markdown_escapes(text));
}

}  // namespace xrouter::grade::calls
