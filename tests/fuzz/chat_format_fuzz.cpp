// Any bytes as a chat template, and as a model's reply in each format: whole, and in pieces.
#include <cstdint>
#include <string_view>

#include "xrouter/base/assert.hpp"
#include "xrouter/chat_format/chat_format.hpp"

using namespace xrouter;
using namespace xrouter::chat_format;

namespace {

ParsedReply in_pieces(const ChatFormat& format, std::string_view reply, std::size_t piece) {
  const auto parser = format.reply_parser(CallsInReply::parsed);
  ParsedReply all;
  for (std::size_t at = 0; at < reply.size(); at += piece) all += parser->add(reply.substr(at, piece));
  all += parser->finish();
  return all;
}

void check_reply(std::string_view name, std::string_view reply) {
  const auto format = *ChatFormat::named(name);
  const ParsedReply whole = format->parse(reply);
  for (const std::size_t piece : {1U, 5U}) {
    const ParsedReply pieces = in_pieces(*format, reply, piece);
    XROUTER_ASSERT(pieces.text == whole.text && pieces.thinking == whole.thinking && pieces.tool_calls == whole.tool_calls,
                   "a reply means the same however it is cut");
  }
  std::size_t said = whole.text.size() + whole.thinking.size();
  for (const ToolCall& call : whole.tool_calls) said += call.arguments.size();
  XROUTER_ASSERT(said <= reply.size(), "nothing is invented");
  const Message again{.role = Role::assistant, .content = whole.text, .tool_calls = {}};
  XROUTER_ASSERT(format->render_more({again}, Thinking::off).has_value(), "text can always be said again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEnough = 16 * 1024;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size < kEnough ? size : kEnough);
  const auto recognised = ChatFormat::of_template(bytes);
  XROUTER_ASSERT(recognised || recognised.error().kind == ErrorKind::config, "an unknown template is the operator's error");
  for (const std::string_view name : {"hermes", "qwen3", "llama3", "compact"}) check_reply(name, bytes);
  return 0;
}
