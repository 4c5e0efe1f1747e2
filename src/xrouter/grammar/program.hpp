// What a grammar is inside: a graph of nodes that stacks walk. Nodes name each other by index, so recursion
// needs nothing special.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "xrouter/grammar/dfa_cache.hpp"
#include "xrouter/grammar/grammar.hpp"
#include "xrouter/grammar/words.hpp"

namespace xrouter::grammar {

inline constexpr int kUnlimited = std::numeric_limits<int>::max() / 4;

struct Node {
  enum class Kind : std::uint8_t {
    undefined,  ///< promised to somebody who refers to it, not yet known
    nothing,    ///< matches no string at all
    empty,
    bytes,      ///< what: index into Program::literals
    words,      ///< what: index into Program::word_sets
    token,      ///< what: id
    sequence,   ///< what: index of the first child in Program::children, count
    choice,     ///< the same
    repeat,     ///< what: child; min, max
    scan,       ///< what: index into Program::dfas; min, max: sum of the automaton's costs
    nest,       ///< what: child, one level deeper
    enter,      ///< what: child; levels are counted from 0 again
  };
  Kind kind = Kind::nothing;
  std::int32_t what = 0;
  std::int32_t count = 0;
  std::int32_t min = 0;
  std::int32_t max = 0;
  std::int32_t height = 0;               ///< least number of levels that it needs; kUnlimited: matches nothing
  std::int32_t limit = kUnlimited;       ///< of levels, where it stands
};

struct Program {
  std::vector<Node> nodes;
  std::vector<std::int32_t> children;
  std::vector<std::string> literals;
  std::vector<Words> word_sets;
  std::vector<SharedDfa> dfas;
  int root = -1;

  int add(Node node);
  int add_literal(std::string bytes);
  int add_words(std::vector<std::string> words);
  int add_list(Node::Kind kind, const std::vector<int>& list);
  int add_repeat(int child, int min, int max);
  int add_scan(const SharedDfa& dfa, int min, int max);
  int add_around(Node::Kind kind, int child);

  const Node& node(int index) const { return nodes[static_cast<std::size_t>(index)]; }
  int child(const Node& parent, int index) const { return children[static_cast<std::size_t>(parent.what + index)]; }
};

/// Computes the heights.
void settle_levels(Program& program);
/// Can it match the empty string? By node.
std::vector<bool> can_be_empty(const Program& program);

class StepCache;
class VocabularyIndex;

/// The opaque class of grammar.hpp.
class Grammar {
 public:
  explicit Grammar(Program program);
  const Program& program() const { return program_; }
  /// What matchers of this grammar have worked out for that vocabulary; thread-safe.
  std::shared_ptr<StepCache> cache_for(const std::shared_ptr<const VocabularyIndex>& vocabulary) const;

 private:
  Program program_;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<const VocabularyIndex> cached_for_;  // one is enough: a process has one tokenizer, or few
  mutable std::shared_ptr<StepCache> cache_;
};

}  // namespace xrouter::grammar
