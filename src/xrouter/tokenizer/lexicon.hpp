// The tokens and merges of a vocabulary, checked: what the tokenizer is built on.
#pragma once

#include <vector>

#include "xrouter/tokenizer/byte_level.hpp"
#include "xrouter/tokenizer/token_table.hpp"

namespace xrouter::tokenizer {

struct Lexicon {
  TokenTable table;
  std::vector<bool> special;  ///< by id
  std::vector<AddedToken> added;
  std::vector<TokenId> words;      ///< that byte-level text can spell
  std::vector<TokenId> other_ids;  ///< added ones first, then those with letters outside the alphabet
  BpeRules rules;
};

/// Errors as assemble(). Leaves of `parts` what the lexicon does not hold.
Result<Lexicon> make_lexicon(TokenizerParts& parts);

}  // namespace xrouter::tokenizer
