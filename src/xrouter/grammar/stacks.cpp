#include "xrouter/grammar/stacks.hpp"

#include <algorithm>
#include <unordered_set>

#include "xrouter/base/assert.hpp"

namespace xrouter::grammar {

using Kind = Node::Kind;

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xbf58476d1ce4e5b9ULL;
  return hash ^ (hash >> 29);
}

std::uint64_t pair_of(std::int32_t high, std::int32_t low) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32) | static_cast<std::uint32_t>(low);
}

void add_unless_there(const Thread& thread, std::vector<Thread>& out) {
  if (std::ranges::find(out, thread) == out.end()) out.push_back(thread);
}

}  // namespace

std::size_t Stacks::FrameHash::operator()(const Frame& frame) const {
  return mix(mix(0, pair_of(frame.node, frame.index)), pair_of(frame.depth, frame.parent));
}

/// A stack being opened up: what is still to be looked at, last in first out, and what was.
struct Stacks::Expansion {
  std::vector<Frame> open;
  std::unordered_set<Frame, FrameHash> seen;
  Follow* out = nullptr;
};

Stacks::Stacks(const Program& program) : program_(program) {
  frames_.emplace_back();  // 0: the end
  hashes_ = {1, 2};
  follows_.resize(1);
}

int Stacks::push(Frame frame) {
  const auto [at, added] = ids_.emplace(frame, static_cast<std::int32_t>(frames_.size()));
  if (!added) return at->second;
  frames_.push_back(frame);
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint64_t below = hashes_[static_cast<std::size_t>(frame.parent) * 2 + half];
    hashes_.push_back(mix(mix(below, pair_of(frame.node, frame.index)), static_cast<std::uint64_t>(frame.depth) + half));
  }
  follows_.emplace_back();
  return at->second;
}

const Stacks::Follow& Stacks::follow(int stack) {
  const auto index = static_cast<std::size_t>(stack);
  if (follows_[index]) return *follows_[index];
  auto follow = std::make_unique<Follow>();
  Expansion expansion;
  expansion.out = follow.get();
  if (stack == 0)
    follow->end = true;
  else
    expansion.open.push_back(frames_[index]);
  while (!expansion.open.empty()) {
    const Frame frame = expansion.open.back();
    expansion.open.pop_back();
    if (expansion.seen.insert(frame).second) expand(frame, expansion);
  }
  for (const Thread& thread : follow->threads) add_first_bytes(thread, follow->first_bytes);
  follows_[index] = std::move(follow);
  return *follows_[index];
}

void Stacks::expand(const Frame& frame, Expansion& expansion) {
  const Node& node = program_.node(frame.node);
  if (frame.index == 0 && (node.height >= kUnlimited || frame.depth + node.height > node.limit)) return;
  const auto go_on_behind = [&] {
    if (frame.parent == 0)
      expansion.out->end = true;
    else
      expansion.open.push_back(frames_[static_cast<std::size_t>(frame.parent)]);
  };
  switch (node.kind) {
    case Kind::undefined:
    case Kind::nothing:
      return;
    case Kind::empty:
      return go_on_behind();
    case Kind::words:
      if (program_.word_sets[static_cast<std::size_t>(node.what)].complete(0)) go_on_behind();
      break;
    case Kind::scan:
      if (node.min == 0 && dfa_of(node).accepting[static_cast<std::size_t>(dfa_of(node).start)]) go_on_behind();
      expansion.out->threads.push_back({.node = frame.node, .at = dfa_of(node).start, .stack = frame.parent});
      return;
    case Kind::bytes:
    case Kind::token:
      break;
    case Kind::sequence: {
      const bool last = frame.index + 1 == node.count;
      const int behind = last ? frame.parent : push({frame.node, frame.index + 1, frame.depth, frame.parent});
      expansion.open.push_back({program_.child(node, frame.index), 0, frame.depth, behind});
      return;
    }
    case Kind::choice:
      for (int i = node.count; i-- > 0;) expansion.open.push_back({program_.child(node, i), 0, frame.depth, frame.parent});
      return;
    case Kind::repeat:
      if (frame.index >= node.min) go_on_behind();
      if (frame.index < node.max) expand_repeat(frame, node, expansion);
      return;
    case Kind::nest:
      expansion.open.push_back({node.what, 0, frame.depth + 1, frame.parent});
      return;
    case Kind::enter:
      expansion.open.push_back({node.what, 0, 0, frame.parent});
      return;
  }
  expansion.out->threads.push_back({.node = frame.node, .stack = frame.parent});
}

void Stacks::expand_repeat(const Frame& frame, const Node& node, Expansion& expansion) {
  const bool last = frame.index + 1 == node.max;
  const int behind = last ? frame.parent : push({frame.node, frame.index + 1, frame.depth, frame.parent});
  expansion.open.push_back({node.what, 0, frame.depth, behind});
}

void Stacks::add_first_bytes(const Thread& thread, std::bitset<256>& bytes) const {
  const Node& node = program_.node(thread.node);
  if (node.kind == Kind::bytes) {
    bytes.set(static_cast<std::uint8_t>(program_.literals[static_cast<std::size_t>(node.what)][0]));
  } else if (node.kind == Kind::words) {
    const Words& words = program_.word_sets[static_cast<std::size_t>(node.what)];
    for (const auto* edge = words.begin(0); edge != words.end(0); ++edge) bytes.set(edge->byte);
  } else if (node.kind == Kind::scan) {
    const Dfa& dfa = dfa_of(node);
    const int spent = dfa.cost[static_cast<std::size_t>(thread.at)];
    for (int byte = 0; byte < 256; ++byte) {
      const int state = dfa.step(thread.at, static_cast<std::uint8_t>(byte));
      if (state != Dfa::kDead && can_go_on(node, dfa, state, spent)) bytes.set(static_cast<std::size_t>(byte));
    }
  }
}

bool Stacks::can_go_on(const Node& node, const Dfa& dfa, int state, int spent) const {
  // node.min asks nothing here: who gives a least sum gives an automaton that can always spend one more.
  return dfa.need[static_cast<std::size_t>(state)] <= node.max - spent;
}

bool Stacks::may_leave(const Thread& scan) const {
  const Node& node = program_.node(scan.node);
  return scan.spent >= node.min && dfa_of(node).accepting[static_cast<std::size_t>(scan.at)] != 0;
}

void Stacks::step(const Thread& thread, std::uint8_t byte, std::vector<Thread>& out) {
  const auto step_what_follows = [&](int stack) {
    const Follow& next = follow(stack);
    if (!next.first_bytes.test(byte)) return;
    for (const Thread& each : next.threads) step(each, byte, out);
  };
  if (thread.node == Thread::kFollow) return step_what_follows(thread.stack);
  const Node& node = program_.node(thread.node);
  if (node.kind == Kind::bytes) {
    const std::string& literal = program_.literals[static_cast<std::size_t>(node.what)];
    if (static_cast<std::uint8_t>(literal[static_cast<std::size_t>(thread.at)]) != byte) return;
    const bool last = static_cast<std::size_t>(thread.at) + 1 == literal.size();
    add_unless_there(last ? Thread{.stack = thread.stack} : Thread{.node = thread.node, .at = thread.at + 1, .stack = thread.stack}, out);
  } else if (node.kind == Kind::words) {
    const Words& words = program_.word_sets[static_cast<std::size_t>(node.what)];
    const int to = words.step(thread.at, byte);
    if (to < 0) return;
    if (words.complete(to)) add_unless_there({.stack = thread.stack}, out);
    if (words.begin(to) != words.end(to)) add_unless_there({.node = thread.node, .at = to, .stack = thread.stack}, out);
  } else if (node.kind == Kind::scan) {
    const Dfa& dfa = dfa_of(node);
    const int spent = thread.spent + dfa.cost[static_cast<std::size_t>(thread.at)];
    const int state = dfa.step(thread.at, byte);
    if (state != Dfa::kDead && can_go_on(node, dfa, state, spent)) add_unless_there({thread.node, state, spent, thread.stack}, out);
    if (may_leave(thread)) step_what_follows(thread.stack);
  }
}

void Stacks::step_token(const Thread& thread, tokenizer::TokenId id, std::vector<Thread>& out) {
  if (thread.node != Thread::kFollow) {
    const Node& node = program_.node(thread.node);
    if (node.kind == Kind::token && node.what == id) add_unless_there({.stack = thread.stack}, out);
    if (node.kind != Kind::scan || !may_leave(thread)) return;
  }
  const Follow& next = follow(thread.stack);
  for (const Thread& each : next.threads) {
    const Node& node = program_.node(each.node);
    if (node.kind == Kind::token && node.what == id) add_unless_there({.stack = each.stack}, out);
  }
}

void Stacks::sign(const Thread& thread, int reach, std::uint64_t hash[2]) const {
  std::uint64_t place = pair_of(thread.node, thread.at);
  std::uint64_t room = 0;
  if (thread.node != Thread::kFollow && program_.node(thread.node).kind == Kind::scan) {
    const Node& node = program_.node(thread.node);
    const int most = reach + dfa_of(node).most_need;
    room = pair_of(std::min(most, node.max - thread.spent), std::clamp(node.min - thread.spent, 0, most));
  }
  for (std::size_t half = 0; half < 2; ++half)
    hash[half] = mix(mix(mix(hash[half], place), room), hashes_[static_cast<std::size_t>(thread.stack) * 2 + half]);
}

}  // namespace xrouter::grammar
