#include "xrouter/chat_format/decision_grammar.hpp"

#include <algorithm>

#include "xrouter/chat_format/python_json.hpp"

namespace xrouter::chat_format {
namespace {

using grammar::Piece;

class DecisionWriter {
 public:
  DecisionWriter(const FormatData& format, const DecisionRules& rules, const tokenizer::Tokenizer& tokenizer)
      : format_(format), rules_(rules), tokenizer_(tokenizer) {}

  Result<std::shared_ptr<const grammar::Grammar>> write(const std::vector<ToolSpec>& tools, int min_calls, int max_calls) {
    std::vector<Piece> decisions;
    if (rules_.may_answer) decisions.push_back(answer());
    if (max_calls > 0) decisions.push_back(calls(tools, min_calls, max_calls));
    const Piece decision = decisions.size() == 1 ? decisions.front() : build_.choice(decisions);
    return build_.build(rules_.thinking == Thinking::free ? build_.choice({decision, build_.sequence({thinking(), decision})}) : decision);
  }

 private:
  Piece tag(std::string_view text) { return tag_piece(build_, text, tokenizer_); }

  Piece thinking() {
    const std::string close(format_.thinking.close);
    std::vector<Piece> pieces = {tag(format_.thinking.open), build_.literal("\n")};
    pieces.push_back(build_.text({close}, rules_.max_text_bytes, true));
    pieces.push_back(tag(close));
    pieces.push_back(build_.literal("\n\n"));
    return build_.sequence(std::move(pieces));
  }

  // Text in which the parser finds neither a call nor thinking.
  Piece answer() {
    if (!format_.call.open.empty())
      return build_.text({std::string(format_.thinking.open), std::string(format_.call.open)}, rules_.max_text_bytes, false);
    // Calls without tags are told from text by the first character, and so is thinking then.
    constexpr int kLongestCharacter = 4;
    const std::vector<std::string> not_first = {"{", "<", " ", "\t", "\r", "\n"};
    const Piece first = build_.text(not_first, kLongestCharacter, false);
    const int rest_bytes = std::max(1, rules_.max_text_bytes - kLongestCharacter);
    return build_.sequence({first, build_.text({}, rest_bytes, true)});
  }

  Piece calls(const std::vector<ToolSpec>& tools, int min, int max) {
    const Piece call = one_call(tools);
    if (max == 1) return call;
    const Piece more = build_.sequence({build_.literal(format_.call.separator), call});
    return build_.sequence({call, build_.repeat(more, min - 1, max - 1)});
  }

  Piece one_call(const std::vector<ToolSpec>& tools) {
    std::vector<Piece> ways;
    for (const ToolSpec& tool : tools) {
      const std::string key = ", \"" + std::string(format_.call.arguments_key) + "\": ";
      const Piece arguments = tool.parameters.empty() ? build_.literal("{}") : build_.json(tool.parameters.text);
      ways.push_back(build_.sequence({build_.literal(python_json(std::string_view(tool.name)) + key), arguments}));
    }
    std::vector<Piece> pieces;
    if (!format_.call.open.empty()) pieces.push_back(tag(format_.call.open));
    pieces.push_back(build_.literal(std::string(format_.call.tag_break) + "{\"name\": "));
    pieces.push_back(ways.size() == 1 ? ways.front() : build_.choice(std::move(ways)));
    pieces.push_back(build_.literal("}" + std::string(format_.call.tag_break)));
    if (!format_.call.close.empty()) pieces.push_back(tag(format_.call.close));
    return build_.sequence(std::move(pieces));
  }

  const FormatData& format_;
  const DecisionRules& rules_;
  const tokenizer::Tokenizer& tokenizer_;
  grammar::Builder build_;
};

}  // namespace

Result<CallCounts> call_counts(const std::vector<ToolSpec>& tools, const DecisionRules& rules, bool several) {
  const int max_calls = tools.empty() ? 0 : several ? rules.max_calls : std::min(rules.max_calls, 1);
  if (max_calls < 1 && !rules.may_answer) return fail(ErrorKind::invalid_request, "A tool call is required and none is possible.");
  if (rules.min_calls > max_calls)
    return fail(ErrorKind::invalid_request, "At least " + std::to_string(rules.min_calls) + " tool calls are required, but at most " +
                                                std::to_string(std::max(0, max_calls)) + " are possible.");
  const bool nameless = std::any_of(tools.begin(), tools.end(), [](const ToolSpec& tool) { return tool.name.empty(); });
  if (nameless) return fail(ErrorKind::invalid_request, "This model calls functions only.");
  return CallCounts{.min = std::max(rules.min_calls, 1), .max = max_calls};
}

Piece tag_piece(grammar::Builder& build, std::string_view text, const tokenizer::Tokenizer& tokenizer) {
  const auto id = tokenizer.id_of(text);
  return id && tokenizer.is_special(*id) ? build.token(*id) : build.literal(text);
}

Result<std::shared_ptr<const grammar::Grammar>> make_decision_grammar(const FormatData& format, const std::vector<ToolSpec>& tools,
                                                                      const DecisionRules& rules, const tokenizer::Tokenizer& tokenizer) {
  const auto counts = call_counts(tools, rules, format.call.several);
  if (!counts) return fail(counts.error());
  return DecisionWriter(format, rules, tokenizer).write(tools, counts->min, counts->max);
}

}  // namespace xrouter::chat_format
