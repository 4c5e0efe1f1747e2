#include "xrouter/lm/look_ahead_tree.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "xrouter/lm/sampler.hpp"

namespace xrouter::lm {
namespace {

// Most of a tree are forced ends that stay out of the pass, so more of it is looked at than computed.
constexpr int kLookedAtPerComputed = 4;
constexpr double kGuessIsRight = 0.5;

int ways_of(const grammar::Step& step, bool has_end_tokens) {
  return std::max(1, static_cast<int>(step.few.size()) + (step.may_end && has_end_tokens ? 1 : 0));
}

}  // namespace

LookAheadTree LookAheadTree::grow(const grammar::Matcher& matcher, std::span<const TokenId> guess, const Limits& limits) {
  LookAheadTree tree;
  if (limits.max_in_pass <= 0) return tree;
  grammar::Matcher behind = matcher;
  int last = kRoot;
  for (const TokenId token : guess) {
    if (behind.next().many == nullptr || !behind.accept(token)) break;
    last = tree.add(token, last);
    tree.nodes_.back().guessed = true;
  }
  const int offset = static_cast<int>(tree.nodes_.size());
  if (!behind.next().few.empty() && behind.next().many == nullptr) {
    const grammar::LookAhead seen = grammar::look_ahead(behind, limits.max_in_pass * kLookedAtPerComputed);
    for (const grammar::LookAhead::Node& node : seen.nodes) tree.add(node.token, node.parent == kRoot ? last : offset + node.parent);
  }
  if (tree.nodes_.empty()) return tree;
  tree.follow(matcher, limits.has_end_tokens);
  tree.find_base();
  tree.choose_for_pass(limits);
  return tree;
}

int LookAheadTree::add(TokenId token, int parent) {
  const int index = static_cast<int>(nodes_.size());
  nodes_.push_back({.token = token, .parent = parent});
  (parent == kRoot ? root_children_ : nodes_[static_cast<std::size_t>(parent)].children).push_back(index);
  return index;
}

int LookAheadTree::child(int node, TokenId token) const {
  if (node == kOutside) return kOutside;
  const std::vector<int>& all = children(node);
  const auto found = std::find_if(all.begin(), all.end(), [&](int child) { return nodes_[static_cast<std::size_t>(child)].token == token; });
  return found == all.end() ? kOutside : *found;
}

// The steps of inner nodes; those of leaves are not asked for, they can cost a mask of the whole vocabulary.
void LookAheadTree::follow(const grammar::Matcher& matcher, bool has_end_tokens) {
  root_step_ = matcher.next();
  root_step_.many = nullptr;  // it lives no longer than the matcher
  root_ways_ = ways_of(root_step_, has_end_tokens);
  std::vector<std::optional<grammar::Matcher>> matchers(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (node.children.empty() && !node.guessed) continue;
    matchers[i] = node.parent == kRoot ? matcher : *matchers[static_cast<std::size_t>(node.parent)];
    matchers[i]->accept(node.token);
    node.step = matchers[i]->next();
    node.ways = ways_of(node.step, has_end_tokens);
    node.decides = node.ways > 1 || node.step.many != nullptr;
    node.step.many = nullptr;
  }
}

void LookAheadTree::find_base() {
  int node = kRoot;
  while (node != kOutside) {
    const bool on_the_way = step(node).forced() || (!children(node).empty() && nodes_[static_cast<std::size_t>(children(node).front())].guessed);
    if (!on_the_way) break;
    node = children(node).empty() ? kOutside : children(node).front();
  }
  base_ = node != kOutside && children(node).empty() ? kOutside : node;
}

void LookAheadTree::choose_for_pass(const Limits& limits) {
  std::vector<double> reached(nodes_.size()), gain(nodes_.size(), 0);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const int parent = nodes_[i].parent;
    const double before = parent == kRoot ? 1 : reached[static_cast<std::size_t>(parent)];
    const int ways = parent == kRoot ? root_ways_ : nodes_[static_cast<std::size_t>(parent)].ways;
    if (nodes_[i].guessed) {
      reached[i] = parent == kRoot ? kGuessIsRight : before;  // a guess whose beginning is right mostly is right
    } else {
      reached[i] = before / ways;
    }
  }
  // From the leaves up: what a node's best part of the tree saves, less what it costs.
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    gain[i] += (nodes_[i].decides ? reached[i] * limits.tokens_per_pass : 0) - 1;
    if (gain[i] > 0 && nodes_[i].parent != kRoot) gain[static_cast<std::size_t>(nodes_[i].parent)] += gain[i];
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    const bool attached = node.parent == kRoot || place(node.parent) >= 0;
    if (attached && gain[i] > 0 && static_cast<int>(in_pass_.size()) < limits.max_in_pass) {
      node.place = static_cast<int>(in_pass_.size());
      in_pass_.push_back(static_cast<int>(i));
    } else {
      node.decides = false;
    }
  }
}

std::vector<Choice> LookAheadTree::choices(const RowOf& row_of, std::span<const TokenId> end_tokens, const tokenizer::Tokenizer& tokenizer) const {
  struct Visit {
    int node = kRoot;
    std::vector<TokenId> path = {};
    double logprob = 0;
  };
  std::vector<Choice> all;
  const auto add = [&](const Visit& visit, bool ends) {
    all.push_back({.tokens = visit.path, .text = tokenizer.decode(visit.path), .logprob = static_cast<float>(visit.logprob), .ends = ends});
  };
  std::vector<Visit> open{Visit{.node = base_}};
  while (!open.empty()) {
    const Visit visit = std::move(open.back());
    open.pop_back();
    const auto go = [&](TokenId token, double logprob) {
      Visit next{.node = child(visit.node, token), .path = visit.path, .logprob = visit.logprob + logprob};
      next.path.push_back(token);
      open.push_back(std::move(next));
    };
    const bool leaf = visit.node == kOutside || children(visit.node).empty();
    if (!leaf && decides(visit.node)) {
      const grammar::Step& options = step(visit.node);
      const std::vector<double> logprobs = Sampler::few_logprobs(row_of(visit.node), {.step = &options, .end_tokens = end_tokens});
      for (std::size_t i = options.few.size(); i-- > 0;) go(options.few[i], logprobs[i]);
      double ending = 0;
      for (std::size_t i = options.few.size(); i < logprobs.size(); ++i) ending += std::exp(logprobs[i]);
      if (ending > 0) add({.node = visit.node, .path = visit.path, .logprob = visit.logprob + std::log(ending)}, true);
    } else if (!leaf && step(visit.node).forced()) {
      go(step(visit.node).few.front(), 0);
    } else {
      add(visit, false);
    }
  }
  return all;
}

}  // namespace xrouter::lm
