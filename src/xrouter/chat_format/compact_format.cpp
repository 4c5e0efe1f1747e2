#include "xrouter/chat_format/compact_format.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "xrouter/chat/router_role.hpp"
#include "xrouter/chat_format/compact_grammar.hpp"
#include "xrouter/chat_format/compact_reply_parser.hpp"
#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/chat_format/message_texts.hpp"
#include "xrouter/chat_format/spans.hpp"
#include "xrouter/chat_format/written_reply.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characters_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_a_character));
}

// The byte behind so many characters.
std::size_t behind_characters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (!continues_a_character(text[at]) && count-- == 0) break;
  return at;
}

std::string without_middle(std::string_view text) {
  using compact::kResultHead, compact::kResultTail, compact::kResultGap;
  const std::size_t characters = characters_of(text);
  if (characters <= kResultHead + kResultTail) return std::string(text);
  std::string out(text.substr(0, behind_characters(text, kResultHead)));
  return out.append(kResultGap).append(text.substr(behind_characters(text, characters - kResultTail)));
}

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

class Writer {
 public:
  void write_tool(const ToolSpec& tool) {
    out_.ours(compact::kTool).theirs(tool.name);
    if (!tool.description.empty()) out_.ours(" ").theirs(on_one_line(tool.description));
  }

  void write_message(const Message& message, const std::string& text) {
    switch (message.role) {
      case Role::system:
      case Role::developer:
        if (!text.starts_with(kRouterRole)) out_.ours(compact::kSystem).theirs(text);
        break;
      case Role::user:
        out_.ours(compact::kUser).theirs(text);
        break;
      case Role::tool:
      case Role::function:
        out_.ours(compact::kResult).theirs(without_middle(text));
        break;
      case Role::assistant:
        out_.ours(compact::kAssistant);
        write_reply(text, message.tool_calls);
        out_.ours(compact::kEnd);
        break;
    }
  }

  void write_reply(std::string_view text, const std::vector<ToolCall>& calls) {
    if (calls.empty()) out_.ours(compact::kAnswer).theirs(text);
    for (const ToolCall& call : calls) {
      out_.ours(compact::kCall).theirs(call.name);
      write_arguments(call);
    }
  }

  SpanWriter& out() { return out_; }

 private:
  void write_arguments(const ToolCall& call) {
    const std::string arguments = arguments_json(call);
    if (arguments == compact::kFinalArguments)
      out_.ours(compact::kFinal);
    else if (arguments != compact::kNoArguments)
      out_.ours(compact::kArguments).theirs(arguments);
  }

  SpanWriter out_;
};

Result<void> write_messages(const std::vector<Message>& messages, Writer& writer) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto text = plain_text(messages[i], i);
    if (!text) return fail(text.error());
    if (const auto fits = check_calls(messages[i], i, true); !fits) return fits;
    writer.write_message(messages[i], *text);
  }
  return {};
}

class CompactFormat final : public ChatFormat {
 public:
  std::string_view name() const override { return kCompactName; }

  Result<std::vector<Span>> render(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools, Thinking) const override {
    Writer writer;
    writer.out().ours(compact::kBegin);
    for (std::size_t i = 0; i < tools.size(); ++i) {
      if (const auto fits = check_tool(tools[i], i); !fits) return fail(fits.error());
      writer.write_tool(tools[i]);
    }
    if (const auto written = write_messages(messages, writer); !written) return fail(written.error());
    writer.out().ours(compact::kAssistant);
    return writer.out().take();
  }

  Result<std::vector<Span>> render_more(const std::vector<Message>& messages, Thinking) const override {
    Writer writer;
    writer.out().ours(compact::kEnd);
    if (const auto written = write_messages(messages, writer); !written) return fail(written.error());
    writer.out().ours(compact::kAssistant);
    return writer.out().take();
  }

  ParsedReply parse(std::string_view reply) const override {
    CompactReplyParser parser(CallsInReply::parsed);
    ParsedReply parsed = parser.add(reply);
    parsed += parser.finish();
    return parsed;
  }

  std::unique_ptr<ReplyParser> reply_parser(CallsInReply calls) const override { return std::make_unique<CompactReplyParser>(calls); }

  Result<std::vector<Span>> write_reply(std::string_view text, const std::vector<ToolCall>& calls) const override {
    if (const auto fits = check_reply(text, calls, true); !fits) return fail(fits.error());
    Writer writer;
    writer.write_reply(text, calls);
    return if_read_alike(*this, writer.out().take(), text, calls);
  }

  std::string beginning_of_call(std::string_view tool) const override { return std::string(compact::kCall).append(tool); }

  Result<std::shared_ptr<const grammar::Grammar>> decision_grammar(const std::vector<ToolSpec>& tools, const DecisionRules& rules,
                                                                   const tokenizer::Tokenizer& tokenizer) const override {
    return make_compact_grammar(tools, rules, tokenizer);
  }

  std::vector<TokenId> end_tokens(const tokenizer::Tokenizer& tokenizer) const override {
    const auto id = tokenizer.id_of(compact::kEnd);
    return id ? std::vector<TokenId>{*id} : std::vector<TokenId>{};
  }
};

}  // namespace

bool is_compact_template(std::string_view jinja) {
  return std::ranges::all_of(compact::kSpecialTokens, [&](std::string_view token) { return jinja.find(token) != std::string_view::npos; });
}

std::shared_ptr<const ChatFormat> make_compact_format() { return std::make_shared<CompactFormat>(); }

}  // namespace xrouter::chat_format
