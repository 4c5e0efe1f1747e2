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
};

/// One trajectory, or one text to learn.
struct TokenSequence {
  std::vector<TokenId> tokens;
  std::vector<Choice> choices;  ///< ascending by `at`
};

/// Sequences as a tree: common beginnings are computed once, forward and backward. Positions restart at each root, and
/// a token attends to its ancestors alone, so several trees of a forest never meet.
struct TokenTree {
  struct Target {
    int node = 0;  ///< the chosen token; it is predicted from its parent
    std::vector<TokenId> among = {};
  };
  std::vector<TokenId> tokens;  ///< of the nodes, every parent before its children
  std::vector<int> parents;     ///< of each node; -1: a root
  std::vector<Target> targets;  ///< ascending by node; two sequences that choose the same token among the same share one
  /// Of each sequence, for each of its choices: index into `targets`.
  std::vector<std::vector<int>> target_of;
};

/// Shares the longest common beginning of any two sequences. Precondition: every sequence has tokens, choices are as
/// Choice says.
TokenTree make_tree(std::span<const TokenSequence> sequences);

}  // namespace xrouter::learner
