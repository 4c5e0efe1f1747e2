// A byte-level BPE tokenizer, put together from what either file format says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/tokenizer/added_tokens.hpp"
#include "xrouter/tokenizer/bpe.hpp"
#include "xrouter/tokenizer/pre_tokenizer.hpp"

namespace xrouter::tokenizer {

/// One token of the model's vocabulary.
struct VocabularyToken {
  TokenId id = 0;
  std::string text;  ///< in the byte-level alphabet
};

struct MergedTexts {
  std::string left, right;
};

inline constexpr std::size_t kMaxTokenBytes = 64 * 1024;
inline constexpr std::size_t kMaxTokens = std::size_t{1} << 22;
/// Ids without a token: some vocabularies have a few, a hostile one asks for gigabytes.
inline constexpr std::size_t kMaxHoles = 64 * 1024;

struct TokenizerParts {
  std::vector<VocabularyToken> vocabulary;  ///< texts and ids are unique
  std::vector<MergedTexts> merges;          ///< best first
  bool ignore_merges = false;
  std::optional<TokenId> unknown = {};
  bool fuse_unknown = false;
  std::vector<AddedToken> added;
  bool nfc = false;
  PreTokenizer pre_tokenizer;
};

/// "left right"; error config when there is not exactly one space.
Result<MergedTexts> parse_merge(std::string_view line);

/// Error config: a merge of tokens that are not there, two tokens with one text or one id, a token or an id
/// beyond the limits.
Result<std::shared_ptr<const Tokenizer>> assemble(TokenizerParts parts);

}  // namespace xrouter::tokenizer
