#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/message.hpp"

namespace xrouter::wire::openai {
namespace {

void write_sampling(json::Writer& out, const Sampling& sampling, const RenderOptions& options) {
  out.optional_field("temperature", sampling.temperature).optional_field("top_p", sampling.top_p);
  const bool old_name = options.token_limit_name == TokenLimitName::max_tokens;
  out.optional_field(old_name ? "max_tokens" : "max_completion_tokens", sampling.max_output_tokens);
  out.optional_field("seed", sampling.seed).optional_field("n", sampling.n);
  out.optional_field("logprobs", sampling.logprobs).optional_field("top_logprobs", sampling.top_logprobs);
  if (sampling.stop.empty()) return;
  out.key("stop").begin_array();
  for (const std::string& stop : sampling.stop) out.value(std::string_view(stop));
  out.end_array();
}

void write_tool(json::Writer& out, const ToolSpec& tool) {
  if (!tool.raw.empty()) {
    out.value(tool.raw);
    return;
  }
  out.begin_object().field("type", "function").key("function").begin_object();
  out.field("name", std::string_view(tool.name));
  if (!tool.description.empty()) out.field("description", std::string_view(tool.description));
  if (!tool.parameters.empty()) out.field("parameters", tool.parameters);
  out.end_object().end_object();
}

}  // namespace

std::string render_chat_request(const ChatRequest& request, std::string_view model, bool stream, const RenderOptions& options) {
  json::Writer out;
  out.begin_object().field("model", model).key("messages").begin_array();
  for (const Message& message : request.messages) write_message(out, message, false);
  out.end_array();
  write_sampling(out, request.sampling, options);
  if (!request.tools.empty()) {
    out.key("tools").begin_array();
    for (const ToolSpec& tool : request.tools) write_tool(out, tool);
    out.end_array();
  }
  if (!request.tool_choice.empty()) out.field("tool_choice", request.tool_choice);
  if (!request.response_format.empty()) out.field("response_format", request.response_format);
  // Billing needs the usage even when the client does not.
  if (stream) out.field("stream", true).key("stream_options").begin_object().field("include_usage", true).end_object();
  write_extra(out, request.extra);
  out.end_object();
  return out.take();
}

}  // namespace xrouter::wire::openai
