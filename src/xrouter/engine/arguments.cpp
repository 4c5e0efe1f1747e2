#include "xrouter/engine/arguments.hpp"

#include <algorithm>
#include <array>

#include "xrouter/json/parse.hpp"

namespace xrouter {
namespace {

constexpr json::ParseLimits kLimits{.max_bytes = 64 * 1024, .max_depth = 8};

// Some models write nothing at all for a call without arguments.
std::string_view or_empty_object(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "{}" : text;
}

template <std::size_t N>
void refuse_unknown(json::ObjectReader& in, const std::array<std::string_view, N>& known) {
  for (const auto& member : in.object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) in.fail_at(name.substr(0, 64), "is not an argument of this tool");
  }
}

}  // namespace

Result<CallArguments> parse_call_arguments(std::string_view text) {
  auto value = json::parse(or_empty_object(text), kLimits);
  if (!value) return fail(value.error());
  json::ObjectReader in(*value, "arguments");
  constexpr std::array<std::string_view, 5> known{"system_prompt", "optimized_system_prompt", "temperature", "max_tokens", "final"};
  refuse_unknown(in, known);
  CallArguments out;
  auto prompt = in.optional_string("system_prompt");
  if (!prompt) prompt = in.optional_string("optimized_system_prompt");
  out.system_prompt = prompt.value_or("");
  out.temperature = in.optional_number("temperature", 0, 2);
  out.max_tokens = in.optional_integer("max_tokens", 1, kMaxOutputTokensArgument);
  out.final = in.optional_bool("final").value_or(false);
  if (!in.ok()) return fail(in.error());
  return out;
}

Result<std::string> parse_select_arguments(std::string_view text) {
  auto value = json::parse(or_empty_object(text), kLimits);
  if (!value) return fail(value.error());
  json::ObjectReader in(*value, "arguments");
  constexpr std::array<std::string_view, 1> known{kCallIdArgument};
  refuse_unknown(in, known);
  std::string call_id = in.string(kCallIdArgument);
  if (!in.ok()) return fail(in.error());
  return call_id;
}

}  // namespace xrouter
