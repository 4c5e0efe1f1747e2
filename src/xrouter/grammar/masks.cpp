#include "xrouter/grammar/masks.hpp"

#include <stdexcept>

namespace xrouter::grammar {

using Kind = Node::Kind;

namespace {

// Where what follows a scan can begin with more of the vocabulary than this, walking the whole of it is cheaper.
constexpr std::size_t kMostBorders = 40'000;

// Of one mask. Usual grammars take some hundred thousand at most, and a place's mask is made once.
constexpr std::size_t kMostSteps = 4'000'000;

}  // namespace

TokenMask Masker::mask_of(const std::vector<Thread>& threads) {
  mask_.words.assign(vocabulary_.mask_words(), 0);
  steps_ = 0;
  only_any_ = any_ = false;
  for (const Thread& thread : threads) walk(0, thread);
  return std::move(mask_);
}

bool Masker::any_below(int trie_node, const Thread& thread) {
  only_any_ = true;
  any_ = false;
  steps_ = 0;
  walk(trie_node, thread);
  only_any_ = false;
  return any_;
}

void Masker::found(int trie_node) {
  if (only_any_)
    any_ = any_ || vocabulary_.nodes()[static_cast<std::size_t>(trie_node)].token >= 0;
  else
    vocabulary_.allow(trie_node, mask_);
}

void Masker::walk(int trie_node, const Thread& thread) {
  if (enough()) return;
  // Alternatives that all begin alike multiply with every byte of a token.
  if (++steps_ > kMostSteps) throw std::length_error("a grammar with too many readings of one token");
  if (thread.node == Thread::kFollow) {
    for (const Thread& each : stacks_.follow(thread.stack).threads) walk(trie_node, each);
    return;
  }
  const Node& node = stacks_.program().node(thread.node);
  const auto what = static_cast<std::size_t>(node.what);
  if (node.kind == Kind::bytes) return walk_literal(trie_node, thread, stacks_.program().literals[what]);
  if (node.kind == Kind::words) return walk_words(trie_node, thread, stacks_.program().word_sets[what]);
  if (node.kind == Kind::token) return found_special(trie_node, node.what);
  if (node.kind != Kind::scan) return;
  if (stacks_.may_leave(thread))
    for (const Thread& each : stacks_.follow(thread.stack).threads)
      if (stacks_.program().node(each.node).kind == Kind::token) walk(trie_node, each);
  trie_node == 0 && !only_any_ ? scan_from_root(thread) : walk_scan(trie_node, thread);
}

// A special token stands alone: no other token has a part of it.
void Masker::found_special(int trie_node, TokenId id) {
  const auto at = static_cast<std::size_t>(id);
  if (trie_node == 0 && !only_any_ && at / 64 < mask_.words.size()) mask_.words[at / 64] |= std::uint64_t{1} << (at % 64);
}

void Masker::walk_literal(int trie_node, const Thread& thread, const std::string& literal) {
  for (std::size_t i = static_cast<std::size_t>(thread.at); i < literal.size(); ++i) {
    trie_node = vocabulary_.child(trie_node, static_cast<std::uint8_t>(literal[i]));
    if (trie_node < 0) return;
    found(trie_node);
  }
  walk(trie_node, {.stack = thread.stack});
}

void Masker::walk_words(int trie_node, const Thread& thread, const Words& words) {
  for (const auto* edge = words.begin(thread.at); edge != words.end(thread.at); ++edge) {
    const int below = vocabulary_.child(trie_node, edge->byte);
    if (below < 0) continue;
    found(below);
    if (words.complete(edge->to)) walk(below, {.stack = thread.stack});
    walk_words(below, {.node = thread.node, .at = edge->to, .stack = thread.stack}, words);
  }
}

// What follows a scan takes this byte, which leads to this node.
void Masker::leave_at(std::int32_t trie_node, std::uint8_t byte, int stack) {
  std::vector<Thread> behind;
  stacks_.step({.stack = stack}, byte, behind);
  if (behind.empty()) return;
  found(trie_node);
  for (const Thread& each : behind) walk(trie_node, each);
}

void Masker::walk_scan(int trie_node, const Thread& thread) {
  const Node& node = stacks_.program().node(thread.node);
  const Dfa& dfa = stacks_.dfa_of(node);
  const std::vector<TrieNode>& nodes = vocabulary_.nodes();
  const TrieNode& top = nodes[static_cast<std::size_t>(trie_node)];
  const Stacks::Follow& next = stacks_.follow(thread.stack);
  std::vector<Thread> path(static_cast<std::size_t>(vocabulary_.longest() - top.depth) + 1);
  path[0] = thread;
  for (std::int32_t i = trie_node + 1; i < top.end && !enough();) {
    const TrieNode& at = nodes[static_cast<std::size_t>(i)];
    const Thread& from = path[static_cast<std::size_t>(at.depth - top.depth - 1)];
    if (next.first_bytes.test(at.byte) && stacks_.may_leave(from)) leave_at(i, at.byte, thread.stack);
    const int state = dfa.step(from.at, at.byte);
    const int spent = from.spent + dfa.cost[static_cast<std::size_t>(from.at)];
    if (state == Dfa::kDead || !stacks_.can_go_on(node, dfa, state, spent)) {
      i = at.end;
      continue;
    }
    path[static_cast<std::size_t>(at.depth - top.depth)] = {thread.node, state, spent, thread.stack};
    found(i);
    ++i;
  }
}

void Masker::scan_from_root(const Thread& thread) {
  const Node& node = stacks_.program().node(thread.node);
  const Stacks::Follow& next = stacks_.follow(thread.stack);
  std::size_t borders = 0;
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (next.first_bytes.test(byte)) borders += vocabulary_.reached_by(static_cast<std::uint8_t>(byte)).size();
  if (borders > kMostBorders) return walk_scan(0, thread);

  const Dfa& dfa = stacks_.dfa_of(node);
  const auto inside = vocabulary_.table(dfa, thread.at)->within(node.max - thread.spent, dfa, vocabulary_);
  for (std::size_t i = 0; i < mask_.words.size(); ++i) mask_.words[i] |= inside->words[i];
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (!next.first_bytes.test(byte)) continue;
    for (const std::int32_t trie_node : vocabulary_.reached_by(static_cast<std::uint8_t>(byte))) leave_scan(thread, trie_node);
  }
}

// The bytes before this node's own belong to the scan, its own and what is below it to what follows.
void Masker::leave_scan(const Thread& scan, std::int32_t trie_node) {
  const TrieNode& at = vocabulary_.nodes()[static_cast<std::size_t>(trie_node)];
  const Node& node = stacks_.program().node(scan.node);
  const Dfa& dfa = stacks_.dfa_of(node);
  const std::string_view bytes = vocabulary_.tokenizer().bytes_of(at.sample).substr(0, at.depth - 1U);
  Thread inside = scan;
  for (const char c : bytes) {
    inside.spent += dfa.cost[static_cast<std::size_t>(inside.at)];
    inside.at = dfa.step(inside.at, static_cast<std::uint8_t>(c));
    if (inside.at == Dfa::kDead || inside.spent > node.max) return;
  }
  if (stacks_.may_leave(inside)) leave_at(trie_node, at.byte, scan.stack);
}

}  // namespace xrouter::grammar
