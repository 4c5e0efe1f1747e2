// Where a grammar leaves few short ways on, each way is a string and each string has one tokenisation.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/grammar/masks.hpp"
#include "xrouter/grammar/stacks.hpp"
#include "xrouter/grammar/vocabulary.hpp"

namespace xrouter::grammar {

/// The token sequences of those ways as a trie. Immutable; knows nothing of stacks, so all matchers of a
/// grammar share it.
struct CanonicalTrie {
  struct Node {
    std::vector<std::pair<TokenId, std::int32_t>> children;  ///< ascending; to -1: a special token, which leads out
    bool leads_out = false;  ///< a way is at its end here: what comes next is worked out anew
    bool may_end = false;    ///< the reply may end here
  };
  std::vector<Node> nodes;  ///< 0 is the root
};

struct Canonical {
  /// Null where some way leads into a free place at once, or after the tokens that the border took from it; where
  /// there are too many ways; where a string is not what its tokenisation spells. Then a mask says what is allowed.
  std::shared_ptr<const CanonicalTrie> trie = {};
  /// What that mask leaves out: tokens that only make a part of ways and begin the tokenisation of none. What
  /// reaches across a border stays.
  std::vector<TokenId> detours = {};
};

Canonical canonical_ways(Stacks& stacks, const VocabularyIndex& vocabulary, const std::vector<Thread>& threads);

}  // namespace xrouter::grammar
