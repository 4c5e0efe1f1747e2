// What a reply may be, as a grammar in a family's syntax.
#pragma once

#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/chat_format/format_data.hpp"

namespace xrouter::chat_format {

/// See ChatFormat::decision_grammar.
Result<std::shared_ptr<const grammar::Grammar>> make_decision_grammar(const FormatData& format, const std::vector<ToolSpec>& tools,
                                                                      const DecisionRules& rules, const tokenizer::Tokenizer& tokenizer);

}  // namespace xrouter::chat_format
