// Byte pair encoding of one word: neighbours are merged, the best-ranked pair first, until none is left to merge.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "xrouter/tokenizer/token_table.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::tokenizer {

struct Merge {
  TokenId left = 0, right = 0, result = 0;
};

/// What the model of a tokenizer.json says beside its tokens.
struct BpeRules {
  std::vector<Merge> merges;            ///< best first; of equal pairs the last counts
  bool ignore_merges = false;           ///< a word that is a token is that token
  std::optional<TokenId> unknown = {};  ///< for bytes without a token; without it they are left out
  bool fuse_unknown = false;            ///< one for a run of them
};

/// Immutable (but for a memo of atomics) and thread-safe.
class Bpe {
 public:
  /// `words` are the ids that byte-level text can spell, `barred` says of each id whether it is special.
  /// `table` outlives the Bpe.
  Bpe(const TokenTable& table, const std::vector<TokenId>& words, const BpeRules& rules, std::vector<bool> barred);

  /// Appends the tokens of one word. As text, none of them is special (a lone byte excepted whose only token is).
  void encode(std::string_view word, SpecialTokens special, std::vector<TokenId>& out) const;
  /// The token that is spelled like this, -1: none.
  TokenId token_of(std::string_view word) const { return index_.find(word, table_); }

 private:
  struct Rank {
    std::uint32_t rank = UINT32_MAX;  ///< UINT32_MAX: not to be merged
    TokenId result = -1;
  };
  struct PairSlot {
    std::uint64_t pair = UINT64_MAX;
    Rank rank;
  };
  struct Symbol;
  enum class Whole : std::uint8_t { not_known, yes, no };

  void insert(const Merge& merge, std::uint32_t rank);
  Rank rank_of(TokenId left, TokenId right, bool bar) const;
  void spell(std::string_view word, std::vector<TokenId>& out) const;
  void merge_few(std::vector<TokenId>& out, std::size_t first, bool bar) const;
  void merge_many(std::vector<TokenId>& out, std::size_t first, bool bar) const;
  void merge(std::string_view word, std::vector<TokenId>& out, bool bar) const;

  const TokenTable& table_;
  TokenIndex index_;
  std::vector<PairSlot> pairs_;
  int pair_shift_ = 0;
  std::array<TokenId, 256> byte_tokens_{};
  bool ignore_merges_;
  std::optional<TokenId> unknown_;
  bool fuse_unknown_;
  std::vector<bool> barred_;
  bool merges_to_barred_ = false;
  /// Whether the merges make the token of its bytes, so that the word needs none; found out when first asked.
  std::unique_ptr<std::atomic<Whole>[]> whole_;
};

}  // namespace xrouter::tokenizer
