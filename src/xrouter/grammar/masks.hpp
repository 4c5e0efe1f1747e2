// Which tokens a grammar allows, byte by byte: vocabulary and grammar walked together.
#pragma once

#include <vector>

#include "xrouter/grammar/stacks.hpp"
#include "xrouter/grammar/vocabulary.hpp"

namespace xrouter::grammar {

/// Works out the tokens behind some threads. Exact: a token is in the mask exactly when some thread can be
/// followed through all its bytes.
class Masker {
 public:
  Masker(Stacks& stacks, const VocabularyIndex& vocabulary) : stacks_(stacks), vocabulary_(vocabulary) {}

  TokenMask mask_of(const std::vector<Thread>& threads);
  /// Some token goes on from this node of the trie when the grammar is at `thread`.
  bool any_below(int trie_node, const Thread& thread);

 private:
  void walk(int trie_node, const Thread& thread);
  void walk_literal(int trie_node, const Thread& thread, const std::string& literal);
  void walk_words(int trie_node, const Thread& thread, const Words& words);
  void walk_scan(int trie_node, const Thread& thread);
  void scan_from_root(const Thread& thread);
  void leave_scan(const Thread& scan, std::int32_t trie_node);
  void leave_at(std::int32_t trie_node, std::uint8_t byte, int stack);
  void found(int trie_node);
  void found_special(int trie_node, TokenId id);
  bool enough() const { return only_any_ && any_; }

  Stacks& stacks_;
  const VocabularyIndex& vocabulary_;
  TokenMask mask_;
  bool only_any_ = false;
  bool any_ = false;
  std::size_t steps_ = 0;
};

}  // namespace xrouter::grammar
