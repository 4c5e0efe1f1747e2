// Follows one reply through a grammar, token by token, and says what may come next.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "xrouter/grammar/grammar.hpp"

namespace xrouter::grammar {

using tokenizer::TokenId;

/// The tokenizer's tokens as a trie of bytes. Immutable, thread-safe, one for each tokenizer.
class Vocabulary {
 public:
  static std::shared_ptr<const Vocabulary> make(std::shared_ptr<const tokenizer::Tokenizer> tokenizer, std::vector<TokenId> end_tokens);
  virtual ~Vocabulary() = default;
  /// As they were given: where only the end is left, the first is written.
  virtual const std::vector<TokenId>& end_tokens() const = 0;
};

/// A set of token ids; bit i of word i/64.
struct TokenMask {
  std::vector<std::uint64_t> words;
  bool allows(TokenId id) const { return (words[static_cast<std::size_t>(id) / 64] >> (id % 64)) & 1; }
};

/// What may come next. Where the grammar leaves finitely many short continuations (names, keys, constants)
/// only their canonical tokenisations are allowed, so a choice has one probability and jump-forward
/// changes nothing: a token is forced exactly when it is the only one allowed.
struct Step {
  std::vector<TokenId> few;            ///< only these, ascending; one: it is forced
  const TokenMask* many = nullptr;     ///< else these; valid until the matcher changes
  bool may_end = false;                ///< an end token is allowed as well (in neither set above)
  bool forced() const { return few.size() == 1 && !may_end; }
  bool finished() const { return few.empty() && many == nullptr; }  ///< only the end is left
};

/// Cheap to copy (persistent state), so that alternatives can be followed. One thread at a time.
class Matcher {
 public:
  Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary);
  Matcher(const Matcher&);
  Matcher& operator=(const Matcher&);
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

  const Step& next() const;
  /// False, and nothing changes, when the token is not allowed. End tokens are not given to it.
  bool accept(TokenId id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The next tokens that the grammar leaves, as a tree: node i follows nodes[i].parent, -1 = follows what was
/// accepted. Expanded while a step has `few`; breadth first, at most max_nodes. What the tree holds can be
/// computed in one forward pass together with what is before it.
struct LookAhead {
  struct Node {
    TokenId token = 0;
    int parent = -1;
  };
  std::vector<Node> nodes;
};
LookAhead look_ahead(const Matcher& matcher, int max_nodes);

}  // namespace xrouter::grammar
