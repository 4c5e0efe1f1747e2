#include "xrouter/host/tool_wishes.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "xrouter/base/json_text.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::host {
namespace {
namespace bj = boost::json;

Error refused(std::string param, std::string text) {
  return {.kind = ErrorKind::invalid_request, .public_text = std::move(text), .param = std::move(param)};
}

std::vector<ToolSpec> named(const std::vector<ToolSpec>& tools, const std::string& name) {
  std::vector<ToolSpec> found;
  std::copy_if(tools.begin(), tools.end(), std::back_inserter(found), [&](const ToolSpec& tool) { return tool.name == name; });
  return found;
}

// The name in {"type": "function", "function": {"name": ...}}.
Result<std::string> function_name(const bj::value& value, const std::string& path) {
  json::ObjectReader in(value, path);
  if (in.ok() && in.string("type") != "function") in.fail_at("type", "must be function: this model calls functions only");
  if (!in.ok()) return fail(in.error());
  if (!in.has("function")) in.fail_at("function", "is missing");
  if (!in.ok()) return fail(in.error());
  json::ObjectReader function(*in.find("function"), in.path_of("function"));
  std::string name = function.ok() ? function.string("name") : std::string();
  if (!function.ok()) return fail(function.error());
  return name;
}

Result<ToolWishes> one_function(const bj::value& choice, const ChatRequest& request) {
  const auto name = function_name(choice, "tool_choice");
  if (!name) return fail(name.error());
  ToolWishes wishes{.may_answer = false, .may_call = true, .callable = named(request.tools, *name)};
  if (wishes.callable.empty()) return fail(refused("tool_choice", "'tool_choice' names a function that is not in 'tools'."));
  return wishes;
}

Result<ToolWishes> allowed_tools(json::ObjectReader& choice, const ChatRequest& request) {
  const bj::value* inner = choice.find("allowed_tools");
  if (!inner) return fail(refused("tool_choice.allowed_tools", "'tool_choice.allowed_tools' is missing."));
  json::ObjectReader allowed(*inner, "tool_choice.allowed_tools");
  ToolWishes wishes{.may_answer = allowed.ok() && allowed.string("mode") != "required", .may_call = true};
  const bj::array* list = allowed.optional_array("tools", request.tools.size());
  if (!allowed.ok()) return fail(allowed.error());
  std::set<std::string> names;
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto name = function_name((*list)[i], "tool_choice.allowed_tools.tools[" + std::to_string(i) + "]");
    if (!name) return fail(name.error());
    names.insert(*name);
  }
  std::copy_if(request.tools.begin(), request.tools.end(), std::back_inserter(wishes.callable),
               [&](const ToolSpec& tool) { return names.contains(tool.name); });
  if (wishes.callable.empty()) return fail(refused("tool_choice", "'tool_choice' allows no function that is in 'tools'."));
  return wishes;
}

}  // namespace

Result<ToolWishes> read_tool_choice(const ChatRequest& request) {
  const ToolWishes may_call_any{.may_answer = true, .may_call = !request.tools.empty(), .callable = request.tools};
  if (request.tool_choice.empty()) return may_call_any;
  const auto value = json::parse(request.tool_choice.text);
  if (!value || value->is_null()) return may_call_any;
  if (*value == "auto") return may_call_any;
  if (*value == "none") return ToolWishes{};
  if (*value == "required") return ToolWishes{.may_answer = false, .may_call = true, .callable = request.tools};
  json::ObjectReader choice(*value, "tool_choice");
  const std::string type = choice.ok() ? choice.string("type") : std::string();
  if (!choice.ok()) return fail(choice.error());
  return type == "allowed_tools" ? allowed_tools(choice, request) : one_function(*value, request);
}

Result<std::string> read_response_format(const ChatRequest& request) {
  if (request.response_format.empty()) return std::string();
  const auto value = json::parse(request.response_format.text);
  if (!value || value->is_null()) return std::string();
  json::ObjectReader in(*value, "response_format");
  const std::string type = in.ok() ? in.string("type") : std::string();
  if (!in.ok()) return fail(in.error());
  if (type == "text") return std::string();
  if (type == "json_object") return std::string(R"({"type":"object"})");
  if (type != "json_schema")
    return fail(refused("response_format.type", "'response_format.type' must be text, json_object or json_schema."));
  // As it was written: numbers keep their digits, and properties their order.
  for (const JsonMember& member : json_members(request.response_format.text))
    if (member.name == "json_schema")
      for (const JsonMember& inner : json_members(member.value))
        if (inner.name == "schema") return std::string(inner.value);
  return std::string(R"({"type":"object"})");
}

}  // namespace xrouter::host
