#include "xrouter/mock/request.hpp"

#include "xrouter/json/parse.hpp"

namespace xrouter::mock {
namespace bj = boost::json;
namespace {

constexpr std::size_t kMaxMessages = 65'536;

std::string text_of_content(const bj::value* content) {
  if (!content) return {};
  if (const bj::string* text = content->if_string()) return {text->data(), text->size()};
  std::string all;
  const bj::array* parts = content->if_array();
  for (std::size_t i = 0; parts && i < parts->size(); ++i) {
    const bj::object* part = (*parts)[i].if_object();
    const bj::value* text = part ? part->if_contains("text") : nullptr;
    if (text && text->is_string()) all.append(text->get_string().data(), text->get_string().size());
  }
  return all;
}

Result<void> read_message(const bj::value& value, const std::string& path, MockRequest& into) {
  json::ObjectReader in(value, path);
  const std::string role = in.string("role");
  const std::string text = text_of_content(in.find("content"));
  if (role == "assistant" && !in.has("content") && !in.has("tool_calls") && !in.has("refusal") && !in.has("function_call"))
    in.fail_at("content", "is missing");
  if (role == "tool" && !in.has("tool_call_id")) in.fail_at("tool_call_id", "is missing");
  if (!in.ok()) return fail(in.error());
  if (role == "user") {
    into.last_user_text = text;
    into.turn = 1;
  }
  if (role == "assistant") ++into.turn;
  into.all_text += text;
  into.all_text += '\n';
  return {};
}

void read_tools(json::ObjectReader& in, MockRequest& into) {
  const bj::array* tools = in.optional_array("tools", 1024);
  for (std::size_t i = 0; tools && i < tools->size(); ++i) {
    json::ObjectReader tool((*tools)[i], in.path_of("tools"));
    const bj::value* function = tool.find(tool.optional_string("type").value_or("function"));
    if (!function) return in.fail_at("tools", "needs a function in every entry");
    json::ObjectReader named(*function);
    into.tool_names.push_back(named.string("name"));
    if (!named.ok()) return in.fail_at("tools", "needs a name in every function");
  }
}

}  // namespace

Result<MockRequest> read_request(std::string_view body) {
  auto value = json::parse(body);
  if (!value) return fail(value.error());
  MockRequest request;
  json::ObjectReader in(*value);
  request.model = in.string("model");
  request.stream = in.optional_bool("stream").value_or(false);
  request.logprobs = in.optional_bool("logprobs").value_or(false);
  request.top_logprobs = in.optional_integer("top_logprobs", 0, 20).value_or(0);
  request.n = in.optional_integer("n", 1, 128).value_or(1);
  if (const bj::object* options = in.optional_object("stream_options")) {
    const bj::value* usage = options->if_contains("include_usage");
    request.include_usage = usage && usage->is_bool() && usage->get_bool();
  }
  read_tools(in, request);
  const bj::array* messages = in.optional_array("messages", kMaxMessages);
  if (in.ok() && (!messages || messages->empty())) in.fail_at("messages", "must be a list with at least one message");
  if (!in.ok()) return fail(in.error());
  request.messages = messages->size();
  for (std::size_t i = 0; i < messages->size(); ++i) {
    if (auto read = read_message((*messages)[i], "messages[" + std::to_string(i) + "]", request); !read) return fail(read.error());
  }
  return request;
}

}  // namespace xrouter::mock
