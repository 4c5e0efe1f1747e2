#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "xrouter/base/usd.hpp"
#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/message.hpp"
#include "xrouter/wire/openai/request_checks.hpp"
#include "xrouter/wire/openai/source.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;
using json::ObjectReader;

constexpr std::size_t kMaxModelName = 512;
constexpr std::size_t kMaxToolName = 128;
constexpr std::size_t kMaxStops = 4;
constexpr std::size_t kMaxStopBytes = 4096;
constexpr std::int64_t kMaxOutputTokens = 1'000'000'000;
constexpr double kMaxCostWeight = 1000;

// Read into typed fields; everything else is relayed.
constexpr std::array<std::string_view, 17> kTyped{
    "model", "messages", "temperature", "top_p",       "max_completion_tokens", "max_tokens",      "seed",   "stop",   "n", "logprobs",
    "top_logprobs", "tools", "tool_choice", "response_format", "stream",        "stream_options", "xrouter"};

std::string item(std::string_view list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

void read_stop(ObjectReader& in, Sampling& sampling) {
  const bj::value* stop = in.find("stop");
  if (!stop) return;
  if (const auto* text = stop->if_string()) {
    sampling.stop.emplace_back(view(*text));
  } else if (const auto* list = in.optional_array("stop", kMaxStops)) {
    for (const bj::value& entry : *list) {
      if (!entry.is_string()) return in.fail_at("stop", "must be a string or a list of strings");
      sampling.stop.emplace_back(view(entry.get_string()));
    }
  }
  const bool too_long = std::any_of(sampling.stop.begin(), sampling.stop.end(), [](const auto& text) { return text.size() > kMaxStopBytes; });
  if (too_long) in.fail_at("stop", "has a text longer than " + std::to_string(kMaxStopBytes) + " bytes");
}

// Boost.JSON 1.81 is off by one in the last place for some 17-digit numbers, hence the source text.
std::optional<double> read_number(ObjectReader& in, const SourceObject& source, std::string_view name, double min, double max) {
  auto number = in.optional_number(name, min, max);
  if (!number) return std::nullopt;
  const std::string_view text = source.text(name);
  double exact = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), exact).ec == std::errc{}) number = exact;
  return number;
}

void read_sampling(ObjectReader& in, const SourceObject& source, Sampling& sampling) {
  sampling.temperature = read_number(in, source, "temperature", 0, 2);
  sampling.top_p = read_number(in, source, "top_p", 0, 1);
  const auto limit = in.optional_integer("max_completion_tokens", 1, kMaxOutputTokens);
  const auto old_limit = in.optional_integer("max_tokens", 1, kMaxOutputTokens);
  if (limit && old_limit) in.fail_at("max_tokens", "and 'max_completion_tokens' cannot be used together");
  sampling.max_output_tokens = limit ? limit : old_limit;
  sampling.seed = in.optional_integer("seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  sampling.n = in.optional_integer("n", 1, static_cast<std::int64_t>(kMaxChoices));
  sampling.logprobs = in.optional_bool("logprobs");
  sampling.top_logprobs = in.optional_integer("top_logprobs", 0, 20);
  if (sampling.top_logprobs && !sampling.logprobs.value_or(false)) in.fail_at("top_logprobs", "needs 'logprobs' to be true");
  read_stop(in, sampling);
}

void read_stream(ObjectReader& in, ChatRequest& request, const RequestLimits& limits) {
  request.stream = in.optional_bool("stream").value_or(false);
  if (!in.optional_object("stream_options")) return;
  if (!request.stream) return in.fail_at("stream_options", "needs 'stream' to be true");
  ObjectReader options(*in.find("stream_options"), in.path_of("stream_options"));
  request.include_usage = options.optional_bool("include_usage").value_or(false);
  options.optional_bool("include_obfuscation");  // accepted; we never obfuscate
  for (const auto& option : options.object()) {
    const std::string_view name = view(option.key());
    if (limits.reject_unknown_fields && name != "include_usage" && name != "include_obfuscation") options.fail_at(name, "is not a known field");
  }
  in.take_error_of(options);
}

// An amount given as string or number: read from its text, never through double.
void read_max_cost(ObjectReader& in, const SourceObject& source, RoutingWishes& routing) {
  constexpr std::string_view kName = "max_cost_usd";
  const bj::value* value = in.find(kName);
  if (!value) return;
  const auto* quoted = value->if_string();
  if (!quoted && !value->is_number()) return in.fail_at(kName, "must be a decimal number of US dollars");
  const auto amount = parse_cost_limit(quoted ? view(*quoted) : source.text(kName));
  if (!amount) return in.fail_at(kName, amount.error().public_text);
  routing.max_cost_pico = amount->pico();
}

void read_routing(ObjectReader& in, const SourceObject& source, RoutingWishes& routing) {
  if (!in.optional_object("xrouter")) return;
  const bj::value& value = *in.find("xrouter");
  ObjectReader wishes(value, "xrouter");
  const SourceObject text(value, source.text("xrouter"));
  if (text.has_duplicates()) wishes.fail_at("", "names a field twice");
  routing.cost_weight = read_number(wishes, text, "cost_weight", 0, kMaxCostWeight);
  read_max_cost(wishes, text, routing);
  for (const auto& member : wishes.object()) {
    const std::string_view name = view(member.key());
    if (name != "cost_weight" && name != "max_cost_usd") wishes.fail_at(name, "is not a known field");
  }
  in.take_error_of(wishes);
}

Result<ToolSpec> parse_tool(const bj::value& value, std::string_view text, std::string path, const RequestLimits& limits) {
  ObjectReader in(value, std::move(path));
  ToolSpec tool{.name = {}, .raw = {compact_json(text)}};
  const std::string type = in.ok() ? in.string("type") : std::string();
  if (in.ok() && (type == "function" || type == "custom")) {
    if (!in.has(type)) in.fail_at(type, "is missing");
    if (const auto* body = in.find(type)) {
      ObjectReader inner(*body, in.path_of(type));
      const std::string name = inner.ok() ? inner.string("name") : std::string();
      if (inner.ok() && name.empty()) inner.fail_at("name", "must not be empty");
      if (name.size() > kMaxToolName) inner.fail_at("name", "is longer than " + std::to_string(kMaxToolName) + " bytes");
      tool.description = inner.optional_string("description").value_or("");
      inner.optional_bool("strict");
      if (type == "function") {
        tool.name = name;
        inner.optional_object("parameters");
        const SourceObject source(value, text);
        tool.parameters = SourceObject(*body, source.text(type)).raw("parameters");
      }
      in.take_error_of(inner);
    }
  } else if (in.ok() && limits.reject_unknown_fields) {
    in.fail_at("type", "must be function or custom");
  }
  if (!in.ok()) return fail(in.error());
  return tool;
}

Result<std::vector<ToolSpec>> parse_tools(ObjectReader& in, const SourceObject& source, const RequestLimits& limits) {
  std::vector<ToolSpec> tools;
  const bj::array* items = in.optional_array("tools", limits.max_tools);
  if (!in.ok()) return fail(in.error());
  if (!items) return tools;
  const auto sources = elements_of(*items, source.text("tools"));
  if (!sources) return fail(sources.error());
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto tool = parse_tool((*items)[i], (*sources)[i], item("tools", i), limits);
    if (!tool) return fail(std::move(tool.error()));
    tools.push_back(std::move(*tool));
  }
  return tools;
}

Result<std::vector<Message>> parse_messages(ObjectReader& in, const SourceObject& source, const RequestLimits& limits) {
  if (!in.has("messages")) in.fail_at("messages", "is missing");
  const bj::array* items = in.optional_array("messages", limits.max_messages);
  if (items && items->empty()) in.fail_at("messages", "must not be empty");
  if (!in.ok()) return fail(in.error());
  const MessageRules rules{.sender = Sender::client, .max_parts = limits.max_parts, .reject_unknown_fields = limits.reject_unknown_fields};
  const auto sources = elements_of(*items, source.text("messages"));
  if (!sources) return fail(sources.error());
  std::vector<Message> messages;
  messages.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto message = parse_message((*items)[i], (*sources)[i], item("messages", i), rules);
    if (!message) return fail(std::move(message.error()));
    messages.push_back(std::move(*message));
  }
  return messages;
}

void refuse_unknown_fields(ObjectReader& in, const ExtraFields& extra) {
  for (const auto& [name, value] : extra)
    if (!is_relayed_parameter(name)) in.fail_at(name, "is not a known field");
}

}  // namespace

Result<ChatRequest> parse_chat_request(std::string_view body, const RequestLimits& limits) {
  const auto document = json::parse(body, {.max_bytes = body.size(), .max_depth = limits.max_depth});
  if (!document) return fail(document.error());
  ObjectReader in(*document);
  if (!in.ok()) return fail(in.error());
  const SourceObject source(*document, body);
  // Whoever reads the body before or after us might take the other one.
  if (source.has_duplicates()) in.fail_at("", "names a field twice");

  ChatRequest request{.model = in.string("model"), .messages = {}};
  if (in.ok() && (request.model.empty() || request.model.size() > kMaxModelName))
    in.fail_at("model", "must have 1 to " + std::to_string(kMaxModelName) + " bytes");
  read_sampling(in, source, request.sampling);
  read_stream(in, request, limits);
  read_routing(in, source, request.routing);
  check_relayed_parameters(in, limits);
  check_response_format(in, limits);
  if (!in.ok()) return fail(in.error());

  auto messages = parse_messages(in, source, limits);
  if (!messages) return fail(std::move(messages.error()));
  request.messages = std::move(*messages);
  auto tools = parse_tools(in, source, limits);
  if (!tools) return fail(std::move(tools.error()));
  request.tools = std::move(*tools);
  check_tool_choice(in, request, limits);

  request.tool_choice = source.raw("tool_choice");
  request.response_format = source.raw("response_format");
  request.extra = source.others(kTyped, SourceObject::Nulls::keep);
  if (limits.reject_unknown_fields) refuse_unknown_fields(in, request.extra);
  if (!in.ok()) return fail(in.error());
  return request;
}

}  // namespace xrouter::wire::openai
