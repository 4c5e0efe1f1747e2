#include "xrouter/wire/openai/request_checks.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "xrouter/wire/openai/source.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;
using json::ObjectReader;

constexpr std::size_t kMaxMetadataPairs = 16;
constexpr std::size_t kMaxMetadataKey = 64;
constexpr std::size_t kMaxMetadataValue = 512;
constexpr std::size_t kMaxLogitBiases = 4096;
constexpr std::size_t kMaxModalities = 8;
constexpr std::size_t kMaxTextParameter = 4096;  // user, service_tier and the like

using Words = std::initializer_list<std::string_view>;

bool among(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

std::string listed(Words words) {
  std::string text;
  for (std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// Characters as users count them: UTF-8 code points.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void check_text(ObjectReader& in, std::string_view name, const RequestLimits&) {
  const auto text = in.optional_string(name);
  if (text && text->size() > kMaxTextParameter) in.fail_at(name, "is longer than " + std::to_string(kMaxTextParameter) + " bytes");
}
void check_flag(ObjectReader& in, std::string_view name, const RequestLimits&) { in.optional_bool(name); }
void check_object(ObjectReader& in, std::string_view name, const RequestLimits&) { in.optional_object(name); }
void check_penalty(ObjectReader& in, std::string_view name, const RequestLimits&) { in.optional_number(name, -2, 2); }
void check_anything(ObjectReader&, std::string_view, const RequestLimits&) {}

void check_word(ObjectReader& in, std::string_view name, Words words, const RequestLimits& limits) {
  const auto word = in.optional_string(name);
  if (word && limits.reject_unknown_fields && !among(words, *word)) in.fail_at(name, "must be one of " + listed(words));
}
void check_effort(ObjectReader& in, std::string_view name, const RequestLimits& limits) {
  check_word(in, name, {"none", "minimal", "low", "medium", "high", "xhigh", "max"}, limits);
}
void check_verbosity(ObjectReader& in, std::string_view name, const RequestLimits& limits) {
  check_word(in, name, {"low", "medium", "high"}, limits);
}

void check_logit_bias(ObjectReader& in, std::string_view name, const RequestLimits&) {
  const bj::object* biases = in.optional_object(name);
  if (!biases) return;
  if (biases->size() > kMaxLogitBiases) return in.fail_at(name, "has more than " + std::to_string(kMaxLogitBiases) + " members");
  ObjectReader inner(*in.find(name), in.path_of(name));
  for (const auto& bias : *biases) inner.number(view(bias.key()), -100, 100);
  in.take_error_of(inner);
}

void check_metadata(ObjectReader& in, std::string_view name, const RequestLimits&) {
  const bj::object* pairs = in.optional_object(name);
  if (!pairs) return;
  if (pairs->size() > kMaxMetadataPairs) return in.fail_at(name, "has more than " + std::to_string(kMaxMetadataPairs) + " pairs");
  ObjectReader inner(*in.find(name), in.path_of(name));
  for (const auto& pair : *pairs) {
    const std::string_view key = view(pair.key());
    if (characters(key) > kMaxMetadataKey) in.fail_at(name, "has a key longer than " + std::to_string(kMaxMetadataKey) + " characters");
    if (characters(inner.string(key)) > kMaxMetadataValue)
      inner.fail_at(key, "is longer than " + std::to_string(kMaxMetadataValue) + " characters");
  }
  in.take_error_of(inner);
}

void check_modalities(ObjectReader& in, std::string_view name, const RequestLimits&) {
  const bj::array* modalities = in.optional_array(name, kMaxModalities);
  if (modalities && !std::all_of(modalities->begin(), modalities->end(), [](const bj::value& item) { return item.is_string(); }))
    in.fail_at(name, "must be a list of strings");
}

void check_functions(ObjectReader& in, std::string_view name, const RequestLimits& limits) {
  const bj::array* functions = in.optional_array(name, limits.max_tools);
  if (!functions) return;
  for (std::size_t i = 0; i < functions->size() && in.ok(); ++i) {
    ObjectReader function((*functions)[i], in.path_of(name) + "[" + std::to_string(i) + "]");
    if (function.ok() && function.string("name").empty()) function.fail_at("name", "must not be empty");
    function.optional_object("parameters");
    in.take_error_of(function);
  }
}

void check_function_call(ObjectReader& in, std::string_view name, const RequestLimits&) {
  const bj::value* choice = in.find(name);
  if (!choice) return;
  if (const auto* word = choice->if_string()) {
    if (!among({"none", "auto"}, view(*word))) in.fail_at(name, "must be none, auto or a named function");
    return;
  }
  ObjectReader function(*choice, in.path_of(name));
  if (function.ok()) function.string("name");
  in.take_error_of(function);
}

struct Parameter {
  std::string_view name;
  void (*check)(ObjectReader&, std::string_view, const RequestLimits&);
};

constexpr std::array<Parameter, 21> kRelayed{{
    {"frequency_penalty", check_penalty},
    {"presence_penalty", check_penalty},
    {"logit_bias", check_logit_bias},
    {"reasoning_effort", check_effort},
    {"verbosity", check_verbosity},
    {"modalities", check_modalities},
    {"audio", check_object},
    {"prediction", check_object},
    {"parallel_tool_calls", check_flag},
    {"functions", check_functions},
    {"function_call", check_function_call},
    {"metadata", check_metadata},
    {"store", check_flag},
    {"user", check_text},
    {"safety_identifier", check_text},
    {"service_tier", check_text},
    {"prompt_cache_key", check_text},
    {"prompt_cache_options", check_object},
    {"prompt_cache_retention", check_text},
    {"web_search_options", check_object},
    {"moderation", check_anything},
}};

bool offers(const ChatRequest& request, std::string_view name) {
  return std::any_of(request.tools.begin(), request.tools.end(), [&](const ToolSpec& tool) { return tool.name == name; });
}

void check_named_tool(ObjectReader& choice, std::string_view type, const ChatRequest& request) {
  if (!choice.has(type)) return choice.fail_at(type, "is missing");
  ObjectReader tool(*choice.find(type), choice.path_of(type));
  const std::string name = tool.ok() ? tool.string("name") : std::string();
  // Names of custom tools are inside their relayed text, so only functions are looked up.
  if (tool.ok() && type == "function" && !offers(request, name)) tool.fail_at("name", "is not the name of a function in 'tools'");
  choice.take_error_of(tool);
}

void check_allowed_tools(ObjectReader& choice, const RequestLimits& limits) {
  if (!choice.has("allowed_tools")) return choice.fail_at("allowed_tools", "is missing");
  ObjectReader allowed(*choice.find("allowed_tools"), choice.path_of("allowed_tools"));
  if (allowed.ok() && !among({"auto", "required"}, allowed.string("mode"))) allowed.fail_at("mode", "must be auto or required");
  if (allowed.ok() && !allowed.has("tools")) allowed.fail_at("tools", "is missing");
  allowed.optional_array("tools", limits.max_tools);
  choice.take_error_of(allowed);
}

}  // namespace

bool is_relayed_parameter(std::string_view name) {
  return std::any_of(kRelayed.begin(), kRelayed.end(), [&](const Parameter& parameter) { return parameter.name == name; });
}

void check_relayed_parameters(ObjectReader& in, const RequestLimits& limits) {
  for (const Parameter& parameter : kRelayed)
    if (in.ok() && in.has(parameter.name)) parameter.check(in, parameter.name, limits);
}

void check_tool_choice(ObjectReader& in, const ChatRequest& request, const RequestLimits& limits) {
  const bj::value* value = in.find("tool_choice");
  if (!value) return;
  const auto* word = value->if_string();
  if (word && !among({"none", "auto", "required"}, view(*word)))
    return in.fail_at("tool_choice", "must be none, auto, required or an object");
  const bool harmless = word && view(*word) != "required";
  if (request.tools.empty() && !harmless) return in.fail_at("tool_choice", "needs 'tools'");
  if (word) return;

  ObjectReader choice(*value, in.path_of("tool_choice"));
  const std::string type = choice.ok() ? choice.string("type") : std::string();
  if (choice.ok() && (type == "function" || type == "custom")) {
    check_named_tool(choice, type, request);
  } else if (choice.ok() && type == "allowed_tools") {
    check_allowed_tools(choice, limits);
  } else if (choice.ok() && limits.reject_unknown_fields) {
    choice.fail_at("type", "must be function, custom or allowed_tools");
  }
  in.take_error_of(choice);
}

void check_response_format(ObjectReader& in, const RequestLimits& limits) {
  const bj::value* value = in.find("response_format");
  if (!value) return;
  ObjectReader format(*value, in.path_of("response_format"));
  const std::string type = format.ok() ? format.string("type") : std::string();
  if (format.ok() && type == "json_schema") {
    if (!format.has("json_schema")) format.fail_at("json_schema", "is missing");
    if (format.optional_object("json_schema")) {
      ObjectReader schema(*format.find("json_schema"), format.path_of("json_schema"));
      if (schema.string("name").empty()) schema.fail_at("name", "must not be empty");
      schema.optional_object("schema");
      schema.optional_bool("strict");
      format.take_error_of(schema);
    }
  } else if (format.ok() && limits.reject_unknown_fields && !among({"text", "json_object"}, type)) {
    format.fail_at("type", "must be text, json_object or json_schema");
  }
  in.take_error_of(format);
}

}  // namespace xrouter::wire::openai
