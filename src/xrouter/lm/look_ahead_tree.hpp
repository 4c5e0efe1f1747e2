// The part of a grammar's look-ahead that is worth computing together with what comes before it.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::lm {

/// Nodes are numbered as in grammar::LookAhead; kRoot is the place the tree grows from.
///
/// Computed are nodes that lead to decisions, where that likely pays: a decision that is reached with probability p
/// saves p passes, and each node costs as much as a token. (The probabilities are not known yet: all ways on from a
/// decision are taken to be alike.) What follows the last decision is forced: if it is needed at all, only the chosen
/// one's is, and the next pass reads it. That keeps the tree of a dozen names to a few tokens a name.
class LookAheadTree {
 public:
  static constexpr int kRoot = -1;
  static constexpr int kOutside = -2;

  LookAheadTree() = default;
  /// A guess goes in front of the tree as long as the grammar leaves nearly everything open.
  struct Limits {
    int max_in_pass = 0;
    double tokens_per_pass = 0;  ///< what a pass saved is worth, in tokens of another pass
    bool has_end_tokens = true;  ///< a reply can end where the grammar lets it
  };
  /// The tree behind what `matcher` accepted. `guess`: tokens that likely come next.
  static LookAheadTree grow(const grammar::Matcher& matcher, std::span<const TokenId> guess, const Limits& limits);

  /// Where the first decision lies whose choices are known; kOutside when there is none.
  int base() const { return base_; }
  /// Nodes in the pass, parents first.
  std::span<const int> in_pass() const { return in_pass_; }
  TokenId token(int node) const { return nodes_[static_cast<std::size_t>(node)].token; }
  int parent(int node) const { return nodes_[static_cast<std::size_t>(node)].parent; }
  /// Index into in_pass(), -1 for the root and for nodes left out.
  int place(int node) const { return node < 0 ? -1 : nodes_[static_cast<std::size_t>(node)].place; }
  /// Several ways lead on from this node of the pass: its logits are asked for.
  bool decides(int node) const { return node == kRoot || nodes_[static_cast<std::size_t>(node)].decides; }
  /// The node behind `node` by this token; kOutside when it is not in the tree. Nodes left out of the pass are found too.
  int child(int node, TokenId token) const;

  /// Every way from base() through the tree with its probability. `row_of(node)` are the logits of a node that decides.
  using RowOf = std::function<std::span<const float>(int node)>;
  std::vector<Choice> choices(const RowOf& row_of, std::span<const TokenId> end_tokens, const tokenizer::Tokenizer& tokenizer) const;

 private:
  struct Node {
    TokenId token = 0;
    int parent = kRoot;
    int place = -1;
    bool guessed = false;
    bool decides = false;
    std::vector<int> children = {};
    grammar::Step step = {};  ///< of nodes with children: what they leave
    int ways = 1;             ///< how many, the end included
  };
  const std::vector<int>& children(int node) const { return node == kRoot ? root_children_ : nodes_[static_cast<std::size_t>(node)].children; }
  const grammar::Step& step(int node) const { return node == kRoot ? root_step_ : nodes_[static_cast<std::size_t>(node)].step; }
  int add(TokenId token, int parent);
  void follow(const grammar::Matcher& matcher, bool has_end_tokens);
  void find_base();
  void choose_for_pass(const Limits& limits);

  std::vector<Node> nodes_;
  std::vector<int> root_children_;
  grammar::Step root_step_;
  int root_ways_ = 1;
  int base_ = kOutside;
  std::vector<int> in_pass_;
};

}  // namespace xrouter::lm
