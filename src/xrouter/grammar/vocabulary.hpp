// The tokens of a tokenizer by their bytes, and which of them stay within an automaton.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/grammar/dfa.hpp"
#include "xrouter/grammar/matcher.hpp"

namespace xrouter::grammar {

/// Nodes in depth-first order: the subtree of node i is [i, end).
struct TrieNode {
  std::uint8_t byte = 0;
  std::uint16_t depth = 0;   ///< bytes from the root
  std::int32_t end = 0;
  TokenId token = -1;        ///< that ends here; others of the same bytes: VocabularyIndex::twin_of
  TokenId sample = -1;       ///< some token of the subtree
};

/// Tokens that stay within an automaton from one of its states on, by how much of its limit they need: what
/// they cost, and what then remains to an accepting state. Thread-safe.
class ScanTable {
 public:
  ScanTable(const Dfa& dfa, int state, const class VocabularyIndex& vocabulary);
  /// Tokens that need at most `room`. `dfa` and `vocabulary` are those that it was made for.
  std::shared_ptr<const TokenMask> within(int room, const Dfa& dfa, const class VocabularyIndex& vocabulary);

 private:
  void sort(const Dfa& dfa, const class VocabularyIndex& vocabulary);
  TokenMask without_too_long(int room, std::span<const TokenId> candidates, const Dfa& dfa, const class VocabularyIndex& vocabulary) const;

  int state_;
  std::size_t words_;
  int enough_;                                  // room that no token exceeds
  std::shared_ptr<const TokenMask> all_;        // with room enough; most places have it
  std::mutex mutex_;
  bool sorted_ = false;
  std::vector<TokenId> tokens_;                 // by what they need
  std::vector<std::int32_t> first_;             // index into tokens_ by need
  std::map<int, std::shared_ptr<const TokenMask>> masks_;  // by room
};

class VocabularyIndex : public Vocabulary {
 public:
  VocabularyIndex(std::shared_ptr<const tokenizer::Tokenizer> tokenizer, std::vector<TokenId> end_tokens);

  const std::vector<TokenId>& end_tokens() const override { return end_tokens_; }
  const tokenizer::Tokenizer& tokenizer() const { return *tokenizer_; }
  /// Special and end tokens and those without bytes are not in the trie.
  const std::vector<TrieNode>& nodes() const { return nodes_; }
  /// -1: none.
  int child(int node, std::uint8_t byte) const;
  /// Nodes that are reached by this byte.
  std::span<const std::int32_t> reached_by(std::uint8_t byte) const { return by_byte_[byte]; }
  /// The next token with the same bytes; -1: none.
  TokenId twin_of(TokenId id) const { return twins_[static_cast<std::size_t>(id)]; }
  bool in_trie(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < in_trie_.size() && in_trie_[static_cast<std::size_t>(id)]; }
  bool is_end(TokenId id) const;
  std::size_t mask_words() const { return (tokenizer_->size() + 63) / 64; }
  /// Tokens of more than so many bytes.
  std::span<const TokenId> longer_than(int bytes) const;
  /// Bytes of the longest token.
  int longest() const { return longest_; }
  void allow(int node, TokenMask& mask) const;

  std::shared_ptr<ScanTable> table(const Dfa& dfa, int state) const;

 private:
  void build();
  void index_lengths(const std::vector<std::pair<std::string_view, TokenId>>& tokens);

  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  std::vector<TokenId> end_tokens_;
  std::vector<TrieNode> nodes_;
  std::array<std::int32_t, 256> children_of_root_;
  std::array<std::vector<std::int32_t>, 256> by_byte_;
  std::vector<TokenId> twins_;
  std::vector<bool> in_trie_;
  std::vector<TokenId> by_length_;          // the longest first
  std::vector<std::int32_t> longer_;         // how many are longer than the index
  int longest_ = 0;

  struct TableKey {
    std::uint64_t fingerprint[2];
    int state;
    auto operator<=>(const TableKey&) const = default;
  };
  struct CachedTable {
    std::shared_ptr<ScanTable> table;
    std::uint64_t used = 0;
  };
  mutable std::mutex mutex_;
  mutable std::map<TableKey, CachedTable> tables_;
  mutable std::uint64_t clock_ = 0;
};

}  // namespace xrouter::grammar
