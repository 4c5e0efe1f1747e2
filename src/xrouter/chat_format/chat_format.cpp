#include "xrouter/chat_format/chat_format.hpp"

#include "xrouter/chat_format/compact_format.hpp"
#include "xrouter/chat_format/conversation.hpp"
#include "xrouter/chat_format/decision_grammar.hpp"
#include "xrouter/chat_format/python_json.hpp"
#include "xrouter/chat_format/recognise.hpp"
#include "xrouter/chat_format/reply_parser.hpp"
#include "xrouter/chat_format/written_reply.hpp"

namespace xrouter::chat_format {
namespace {

class DataFormat final : public ChatFormat {
 public:
  explicit DataFormat(Recognised recognised) : data_(*recognised.format), default_system_(std::move(recognised.default_system)) {}

  std::string_view name() const override { return data_.name; }

  Result<std::vector<Span>> render(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools,
                                   Thinking thinking) const override {
    return ConversationWriter(data_, default_system_, thinking).whole(messages, tools);
  }

  Result<std::vector<Span>> render_more(const std::vector<Message>& messages, Thinking thinking) const override {
    return ConversationWriter(data_, default_system_, thinking).continued(messages);
  }

  ParsedReply parse(std::string_view reply) const override {
    StreamingReplyParser parser(data_, CallsInReply::parsed);
    ParsedReply parsed = parser.add(reply);
    parsed += parser.finish();
    return parsed;
  }

  Result<std::vector<Span>> write_reply(std::string_view text, const std::vector<ToolCall>& calls) const override {
    if (const auto fits = check_reply(text, calls, data_.call.several); !fits) return fail(fits.error());
    return if_read_alike(*this, ConversationWriter(data_, default_system_, Thinking::off).reply(text, calls), text, calls);
  }

  std::string beginning_of_call(std::string_view tool) const override { return ConversationWriter::beginning_of_call(data_, tool); }

  std::unique_ptr<ReplyParser> reply_parser(CallsInReply calls) const override {
    return std::make_unique<StreamingReplyParser>(data_, calls);
  }

  Result<std::shared_ptr<const grammar::Grammar>> decision_grammar(const std::vector<ToolSpec>& tools, const DecisionRules& rules,
                                                                   const tokenizer::Tokenizer& tokenizer) const override {
    return make_decision_grammar(data_, tools, rules, tokenizer);
  }

  std::vector<TokenId> end_tokens(const tokenizer::Tokenizer& tokenizer) const override {
    std::vector<TokenId> ids;
    for (const std::string_view text : {data_.turn.end, data_.turn.other_end})
      if (const auto id = text.empty() ? std::nullopt : tokenizer.id_of(text)) ids.push_back(*id);
    return ids;
  }

 private:
  const FormatData& data_;
  std::string default_system_;
};

}  // namespace

Result<std::shared_ptr<const ChatFormat>> ChatFormat::of_template(std::string_view jinja) {
  if (is_compact_template(jinja)) return make_compact_format();
  auto recognised = recognise(jinja);
  if (!recognised) return fail(recognised.error());
  return std::make_shared<DataFormat>(std::move(*recognised));
}

Result<std::shared_ptr<const ChatFormat>> ChatFormat::named(std::string_view name) {
  std::string known;
  for (const FormatData* format : named_formats()) {
    if (format->name == name)
      return std::make_shared<DataFormat>(Recognised{.format = format, .default_system = std::string(format->system.fallback)});
    known += (known.empty() ? "" : ", ") + std::string(format->name);
  }
  if (name == kCompactName) return make_compact_format();
  known += ", " + std::string(kCompactName);
  return fail(ErrorKind::config, "Unknown chat format '" + std::string(name) + "'; known are: " + known + ".");
}

}  // namespace xrouter::chat_format
