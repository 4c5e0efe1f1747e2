// How a model family writes a conversation with tools: from messages to tokens and from a reply to tool calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/grammar/grammar.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::chat_format {

using tokenizer::TokenId;

/// A piece of a rendered prompt: template text, in which special tokens count, or text of others, in which
/// they do not.
struct Span {
  std::string text;
  bool trusted = false;
};

/// What a reply says: text (thinking removed) or tool calls. Calls that cannot be parsed stay text.
struct ParsedReply {
  std::string thinking = {};
  std::string text = {};
  std::vector<ToolCall> tool_calls = {};  ///< ids are made up: call_0, call_1 ...

  /// What a parser said later, behind what it said before.
  ParsedReply& operator+=(ParsedReply more) {
    thinking += more.thinking;
    text += more.text;
    for (ToolCall& call : more.tool_calls) tool_calls.push_back(std::move(call));
    return *this;
  }
};

enum class Thinking { off, free };

/// Whether calls are looked for: a reply to a request without tools has none, whatever it looks like.
enum class CallsInReply { parsed, as_text };

/// Reads a reply while it grows, for streaming. What was said is never taken back: white space and text that
/// may yet turn out to belong to a call or to thinking is held back. One reply each.
class ReplyParser {
 public:
  virtual ~ReplyParser() = default;
  /// What became certain with this piece of text. Ids of calls go on counting.
  virtual ParsedReply add(std::string_view text) = 0;
  /// The rest, now that nothing follows. Nothing may be added afterwards.
  virtual ParsedReply finish() = 0;
};

struct DecisionRules {
  bool may_answer = true;  ///< plain text is allowed
  int min_calls = 0;
  int max_calls = 1;
  Thinking thinking = Thinking::off;
  int max_text_bytes = 16 * 1024;  ///< of the answer, and again of the thinking
};

/// One family's format, recognised by its template. Immutable, thread-safe.
class ChatFormat {
 public:
  /// By what the Jinja template contains. Error config: a template of no known family (its first line is named).
  static Result<std::shared_ptr<const ChatFormat>> of_template(std::string_view jinja);
  /// hermes (ChatML with <tool_call>, Qwen2.5 and SmolLM2), qwen3, llama3, compact (small models made for routing).
  /// Error: config, with the known names.
  static Result<std::shared_ptr<const ChatFormat>> named(std::string_view name);
  virtual ~ChatFormat() = default;

  virtual std::string_view name() const = 0;
  /// The conversation and the head of the assistant's turn. Error invalid_request: a message the format
  /// cannot say (pictures).
  virtual Result<std::vector<Span>> render(const std::vector<Message>& messages, const std::vector<ToolSpec>& tools,
                                           Thinking thinking) const = 0;
  /// What stands between the end of an assistant's turn (its last token included) and the head of the next:
  /// render(old + reply + new) = render(old) + reply + render_more(new), but for thinking in `reply`, which templates
  /// leave out of older turns and a continued conversation keeps.
  virtual Result<std::vector<Span>> render_more(const std::vector<Message>& messages, Thinking thinking) const = 0;
  virtual ParsedReply parse(std::string_view reply) const = 0;
  /// What the assistant would write for this decision, without the end of its turn: parse() gives the decision back, but
  /// for the spacing of arguments. Errors: invalid_request for what the family cannot say: nothing at all, text beside
  /// calls, text that reads otherwise, arguments that are no JSON object, several calls where it knows one.
  virtual Result<std::vector<Span>> write_reply(std::string_view text, const std::vector<ToolCall>& calls) const = 0;
  /// How a call of this tool begins, up to the end of its name.
  virtual std::string beginning_of_call(std::string_view tool) const = 0;
  /// The parser refers to this format, which must outlive it.
  virtual std::unique_ptr<ReplyParser> reply_parser(CallsInReply calls) const = 0;
  /// What a reply with these tools may be: text in which parse() finds no call, or calls and nothing else. At most
  /// one call where the family knows no more. `tokenizer` names the special tokens. Errors: invalid_request for a
  /// tool's schema (see grammar::Builder::json) and for rules that nothing can satisfy.
  virtual Result<std::shared_ptr<const grammar::Grammar>> decision_grammar(const std::vector<ToolSpec>& tools, const DecisionRules& rules,
                                                                           const tokenizer::Tokenizer& tokenizer) const = 0;
  /// The special tokens with which this format ends a turn, as far as the tokenizer knows them. To be added to
  /// those that the model's files name.
  virtual std::vector<TokenId> end_tokens(const tokenizer::Tokenizer& tokenizer) const = 0;
};

/// The tokens that the rendered text has, except that no text of others becomes a special token.
std::vector<TokenId> encode(const std::vector<Span>& spans, const tokenizer::Tokenizer& tokenizer);

}  // namespace xrouter::chat_format
