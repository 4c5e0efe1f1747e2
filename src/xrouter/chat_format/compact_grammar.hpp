// What a reply may be in the format compact, as a grammar.
#pragma once

#include "xrouter/chat_format/chat_format.hpp"

namespace xrouter::chat_format {

/// See ChatFormat::decision_grammar. Also invalid_request: a tool whose name this format cannot write.
Result<std::shared_ptr<const grammar::Grammar>> make_compact_grammar(const std::vector<ToolSpec>& tools, const DecisionRules& rules,
                                                                     const tokenizer::Tokenizer& tokenizer);

}  // namespace xrouter::chat_format
