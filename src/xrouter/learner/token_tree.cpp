#include "xrouter/learner/token_tree.hpp"

#include <algorithm>
#include <numeric>

#include "xrouter/base/assert.hpp"

namespace xrouter::learner {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

void check_choices(const TokenSequence& sequence) {
  XROUTER_ASSERT(!sequence.tokens.empty(), "a sequence has tokens");
  int last = 0;
  for (const Choice& choice : sequence.choices) {
    XROUTER_ASSERT(choice.at > last && choice.at < static_cast<int>(sequence.tokens.size()), "choices ascend and have a token before them");
    last = choice.at;
    if (choice.among.empty()) continue;
    const TokenId chosen = sequence.tokens[at(choice.at)];
    XROUTER_ASSERT(std::binary_search(choice.among.begin(), choice.among.end(), chosen), "a token is chosen from a set that holds it");
  }
}

std::size_t common_beginning(const TokenSequence& a, const TokenSequence& b) {
  const auto [end, ignored] = std::mismatch(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end());
  return static_cast<std::size_t>(end - a.tokens.begin());
}

/// In lexical order a sequence shares nothing with the tree that it does not share with the one before it, and each
/// subtree is written in one piece.
std::vector<std::size_t> lexical_order(std::span<const TokenSequence> sequences) {
  std::vector<std::size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sequences[a].tokens < sequences[b].tokens; });
  return order;
}

struct Claim {
  int node = 0;
  const std::vector<TokenId>* among = nullptr;
  std::size_t sequence = 0, choice = 0;

  bool same_target(const Claim& other) const { return node == other.node && *among == *other.among; }
};

void add_targets(TokenTree& tree, std::vector<Claim>& claims) {
  std::stable_sort(claims.begin(), claims.end(),
                   [](const Claim& a, const Claim& b) { return a.node != b.node ? a.node < b.node : *a.among < *b.among; });
  const Claim* last = nullptr;
  for (const Claim& claim : claims) {
    if (last == nullptr || !claim.same_target(*last)) tree.targets.push_back({.node = claim.node, .among = *claim.among});
    tree.target_of[claim.sequence][claim.choice] = static_cast<int>(tree.targets.size()) - 1;
    last = &claim;
  }
}

}  // namespace

TokenTree make_tree(std::span<const TokenSequence> sequences) {
  TokenTree tree;
  tree.target_of.resize(sequences.size());
  std::vector<Claim> claims;
  std::vector<int> path;  // nodes of the sequence before
  const TokenSequence* before = nullptr;
  for (const std::size_t index : lexical_order(sequences)) {
    const TokenSequence& sequence = sequences[index];
    check_choices(sequence);
    path.resize(before == nullptr ? 0 : common_beginning(*before, sequence));
    while (path.size() < sequence.tokens.size()) {
      tree.parents.push_back(path.empty() ? -1 : path.back());
      tree.tokens.push_back(sequence.tokens[path.size()]);
      path.push_back(static_cast<int>(tree.tokens.size()) - 1);
    }
    tree.target_of[index].resize(sequence.choices.size());
    for (std::size_t i = 0; i < sequence.choices.size(); ++i) {
      const Choice& choice = sequence.choices[i];
      claims.push_back({.node = path[at(choice.at)], .among = &choice.among, .sequence = index, .choice = i});
    }
    before = &sequence;
  }
  add_targets(tree, claims);
  return tree;
}

std::vector<TokenId> tokens_to(const TokenTree& tree, int node) {
  std::vector<TokenId> tokens;
  for (; node >= 0; node = tree.parents[at(node)]) tokens.push_back(tree.tokens[at(node)]);
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

std::vector<double> at_choices(const TokenTree& tree, std::size_t sequence, std::span<const double> at_targets) {
  XROUTER_ASSERT(at_targets.size() == tree.targets.size(), "one value for each target");
  std::vector<double> made;
  made.reserve(tree.target_of[sequence].size());
  for (const int target : tree.target_of[sequence]) made.push_back(at_targets[at(target)]);
  return made;
}

void add_to_targets(const TokenTree& tree, std::size_t sequence, std::span<const double> at_choices, std::span<double> at_targets) {
  const std::vector<int>& targets = tree.target_of[sequence];
  XROUTER_ASSERT(at_choices.size() == targets.size(), "one value for each choice");
  XROUTER_ASSERT(at_targets.size() == tree.targets.size(), "one value for each target");
  for (std::size_t i = 0; i < targets.size(); ++i) at_targets[at(targets[i])] += at_choices[i];
}

TreeSize size_of(const TokenTree& tree) {
  TreeSize size{.nodes = static_cast<std::int64_t>(tree.tokens.size())};
  std::vector<int> depths(tree.tokens.size());
  for (std::size_t node = 0; node < depths.size(); ++node) {
    depths[node] = tree.parents[node] < 0 ? 1 : depths[at(tree.parents[node])] + 1;
    size.attended += depths[node];
  }
  return size;
}

}  // namespace xrouter::learner
