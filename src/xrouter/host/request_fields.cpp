#include "xrouter/host/request_fields.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "xrouter/json/parse.hpp"

namespace xrouter::host {
namespace {
namespace bj = boost::json;
using chat_format::Thinking;

Error refused(std::string param, std::string_view what) {
  std::string text = "'" + param + "' " + std::string(what) + ".";
  return {.kind = ErrorKind::invalid_request, .public_text = std::move(text), .param = std::move(param)};
}

/// Says what is wrong with the value, "" for nothing.
using Reader = std::string_view (*)(const bj::value& value, RequestFields& fields);

std::string_view changes_nothing(const bj::value&, RequestFields&) { return {}; }

std::string_view only_zero(const bj::value& value, RequestFields&) {
  const bool zero = value.is_number() && value.to_number<double>() == 0;
  return zero ? "" : "is not supported by this model";
}

std::string_view only_empty(const bj::value& value, RequestFields&) {
  return value.is_object() && value.get_object().empty() ? "" : "is not supported by this model";
}

std::string_view only_false(const bj::value& value, RequestFields&) {
  return value.is_bool() && !value.get_bool() ? "" : "is not supported here";
}

std::string_view only_text(const bj::value& value, RequestFields&) {
  const bj::array* list = value.if_array();
  return list && list->size() == 1 && list->front() == "text" ? "" : "must be [\"text\"]: this model writes text only";
}

std::string_view only_medium(const bj::value& value, RequestFields&) { return value == "medium" ? "" : "is not supported by this model"; }

std::string_view parallel_tool_calls(const bj::value& value, RequestFields& fields) {
  if (!value.is_bool()) return "must be true or false";
  fields.parallel_tool_calls = value.get_bool();
  return {};
}

std::string_view top_k(const bj::value& value, RequestFields& fields) {
  constexpr std::int64_t kMost = 1'000'000;
  const std::int64_t* number = value.if_int64();
  if (!number || *number < -1 || *number > kMost) return "must be a whole number from -1 to 1000000";
  fields.top_k = static_cast<int>(std::max<std::int64_t>(0, *number));  // -1 means off elsewhere
  return {};
}

std::string_view min_p(const bj::value& value, RequestFields& fields) {
  if (!value.is_number()) return "must be a number from 0 to 1";
  fields.min_p = value.to_number<double>();
  return fields.min_p >= 0 && fields.min_p <= 1 ? "" : "must be a number from 0 to 1";
}

std::string_view reasoning_effort(const bj::value& value, RequestFields& fields) {
  if (!value.is_string()) return "must be a string";
  fields.thinking = value == "none" ? Thinking::off : Thinking::free;
  return {};
}

// As vLLM and SGLang name it.
std::string_view chat_template_kwargs(const bj::value& value, RequestFields& fields) {
  const bj::object* object = value.if_object();
  if (!object) return "must be an object";
  for (const bj::key_value_pair& member : *object) {
    if (member.key() != "enable_thinking" || !member.value().is_bool()) return "may hold 'enable_thinking' only, true or false";
    fields.thinking = member.value().get_bool() ? Thinking::free : Thinking::off;
  }
  return {};
}

struct Field {
  std::string_view name;
  Reader read;
};

constexpr std::array<Field, 19> kFields{{
    {"parallel_tool_calls", parallel_tool_calls},
    {"top_k", top_k},
    {"min_p", min_p},
    {"reasoning_effort", reasoning_effort},
    {"chat_template_kwargs", chat_template_kwargs},
    {"presence_penalty", only_zero},
    {"frequency_penalty", only_zero},
    {"logit_bias", only_empty},
    {"store", only_false},
    {"modalities", only_text},
    {"verbosity", only_medium},
    {"user", changes_nothing},
    {"metadata", changes_nothing},
    {"safety_identifier", changes_nothing},
    {"service_tier", changes_nothing},
    {"prompt_cache_key", changes_nothing},
    {"prompt_cache_options", changes_nothing},
    {"prompt_cache_retention", changes_nothing},
    {"moderation", changes_nothing},
}};

// Clients send back what they were given; none of this changes what a text model reads.
bool may_stand_in_a_message(std::string_view name) {
  constexpr std::array<std::string_view, 4> kKnown{"reasoning_content", "reasoning", "refusal", "annotations"};
  return std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
}

Result<void> check_messages(const std::vector<Message>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i)
    for (const auto& [name, raw] : messages[i].extra)
      if (raw.text != "null" && !may_stand_in_a_message(name))
        return fail(refused("messages[" + std::to_string(i) + "]." + name, "is not supported by this model"));
  return {};
}

Result<void> read_field(const std::string& name, const RawJson& raw, RequestFields& fields) {
  if (raw.text == "null") return {};
  const auto field = std::find_if(kFields.begin(), kFields.end(), [&](const Field& known) { return known.name == name; });
  if (field == kFields.end()) return fail(refused(name, "is not a field that this endpoint knows"));
  const auto value = json::parse(raw.text);
  const std::string_view wrong = value ? field->read(*value, fields) : "is not JSON";
  if (!wrong.empty()) return fail(refused(name, wrong));
  return {};
}

}  // namespace

Result<RequestFields> read_fields(const ChatRequest& request) {
  RequestFields fields;
  if (request.routing != RoutingWishes{}) return fail(refused("xrouter", "is for routers; this endpoint serves one model"));
  for (const auto& [name, raw] : request.extra)
    if (const auto read = read_field(name, raw, fields); !read) return fail(read.error());
  if (const auto known = check_messages(request.messages); !known) return fail(known.error());
  return fields;
}

}  // namespace xrouter::host
