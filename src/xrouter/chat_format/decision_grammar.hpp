// What a reply may be, as a grammar in a family's syntax.
#pragma once

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/format_data.hpp"

namespace xrouter::chat_format {

/// How many calls a turn with calls has.
struct CallCounts {
  int min = 1;
  int max = 0;  ///< 0: there can be none
};
/// Errors: invalid_request for rules that nothing can satisfy, and for tools that are no functions.
Result<CallCounts> call_counts(const std::vector<ToolSpec>& tools, const DecisionRules& rules, bool several);

/// A tag is a token where the vocabulary has it as a special one, else its text.
grammar::Piece tag_piece(grammar::Builder& build, std::string_view text, const tokenizer::Tokenizer& tokenizer);

/// See ChatFormat::decision_grammar.
Result<std::shared_ptr<const grammar::Grammar>> make_decision_grammar(const FormatData& format, const std::vector<ToolSpec>& tools,
                                                                      const DecisionRules& rules, const tokenizer::Tokenizer& tokenizer);

}  // namespace xrouter::chat_format
