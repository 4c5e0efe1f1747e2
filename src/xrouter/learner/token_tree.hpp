// What a learner reads in one go: the tokens of trajectories that begin alike, each token once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::learner {

using tokenizer::TokenId;

/// A token that was chosen: its log-prob is asked for, and has a gradient.
struct Choice {
  int at = 0;  ///< index of the chosen token in its sequence; at least 1
  /// What it was chosen from, ascending, itself included: the log-prob is that of a softmax over these alone.
  /// Empty: over the whole vocabulary.
  std::vector<TokenId> among = {};
  bool operator==(const Choice&) const = default;
};

/// One trajectory, or one text to learn.
struct TokenSequence {
  std::vector<TokenId> tokens;
  std::vector<Choice> choices;  ///< ascending by `at`
  bool operator==(const TokenSequence&) const = default;
};

/// Sequences as a tree: common beginnings are computed once, forward and backward. Positions restart at each root, and
/// a token attends to its ancestors alone, so several trees of a forest never meet.
struct TokenTree {
  struct Target {
    int node = 0;  ///< the chosen token; it is predicted from its parent
    std::vector<TokenId> among = {};
  };
  /// Of the nodes, every parent before its children; make_tree puts each subtree in one piece (depth first).
  std::vector<TokenId> tokens;
  std::vector<int> parents;     ///< of each node; -1: a root
  std::vector<Target> targets;  ///< ascending by node; two sequences that choose the same token among the same share one
  /// Of each sequence, for each of its choices: index into `targets`.
  std::vector<std::vector<int>> target_of;
};

/// Shares the longest common beginning of any two sequences. Precondition: every sequence has tokens, choices are as
/// Choice says.
TokenTree make_tree(std::span<const TokenSequence> sequences);

/// The tokens from the root to `node`, both included.
std::vector<TokenId> tokens_to(const TokenTree& tree, int node);

/// Of values of targets (log-probs, entropies) those of one sequence's choices.
std::vector<double> at_choices(const TokenTree& tree, std::size_t sequence, std::span<const double> at_targets);
/// Adds values of one sequence's choices (gradients) to those of the targets that they share.
void add_to_targets(const TokenTree& tree, std::size_t sequence, std::span<const double> at_choices, std::span<double> at_targets);

/// What a tree costs to compute, for cutting batches into pieces of like size.
struct TreeSize {
  std::int64_t nodes = 0;
  std::int64_t attended = 0;  ///< pairs of a token and itself or an ancestor
};
TreeSize size_of(const TokenTree& tree);

}  // namespace xrouter::learner
