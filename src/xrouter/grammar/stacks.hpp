// Where in a grammar a reply can be: threads, each with a stack of what follows.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "xrouter/grammar/program.hpp"

namespace xrouter::grammar {

/// One reading of what was written so far. Plain numbers, so a matcher's state is copied in no time.
struct Thread {
  static constexpr std::int32_t kFollow = -1;
  std::int32_t node = kFollow;  ///< a node of kind bytes, words, token or scan; kFollow: whatever the stack says is next
  std::int32_t at = 0;          ///< bytes: position; words: node of the trie; scan: state of the automaton
  std::int32_t spent = 0;       ///< scan: sum of costs
  std::int32_t stack = 0;       ///< what follows behind it, an id of Stacks; 0: the end
  bool operator==(const Thread&) const = default;
};

/// The stacks of one matcher and its copies. Stacks never change and equal stacks have equal ids.
class Stacks {
 public:
  explicit Stacks(const Program& program);

  /// What a stack begins with.
  struct Follow {
    std::vector<Thread> threads;   ///< of kinds bytes, words, token and scan
    std::bitset<256> first_bytes;  ///< with which they can begin
    bool end = false;              ///< nothing need follow
  };
  const Follow& follow(int stack);
  Thread root() { return {.stack = push({.node = program_.root})}; }

  /// The threads behind `byte`; appended to `out` unless already there.
  void step(const Thread& thread, std::uint8_t byte, std::vector<Thread>& out);
  /// The same for a special token.
  void step_token(const Thread& thread, tokenizer::TokenId id, std::vector<Thread>& out);
  /// A scan that may stop here, so that what follows can begin.
  bool may_leave(const Thread& scan) const;
  /// The costs are within the node's limits and can stay so up to an accepting state.
  bool can_go_on(const Node& node, const Dfa& dfa, int state, int spent) const;

  const Program& program() const { return program_; }
  const Dfa& dfa_of(const Node& node) const { return *program_.dfas[static_cast<std::size_t>(node.what)]; }
  /// Equal for equal threads of any matcher of the grammar; scans are told apart up to `reach` costs ahead.
  void sign(const Thread& thread, int reach, std::uint64_t hash[2]) const;

 private:
  struct Frame {
    std::int32_t node = 0;
    std::int32_t index = 0;  ///< sequence: of the child; repeat: how many are done or begun
    std::int32_t depth = 0;
    std::int32_t parent = 0;
    bool operator==(const Frame&) const = default;
  };
  struct FrameHash {
    std::size_t operator()(const Frame& frame) const;
  };
  struct Expansion;
  int push(Frame frame);
  void expand(const Frame& frame, Expansion& expansion);
  void expand_repeat(const Frame& frame, const Node& node, Expansion& expansion);
  void add_first_bytes(const Thread& thread, std::bitset<256>& bytes) const;

  const Program& program_;
  std::vector<Frame> frames_;
  std::vector<std::uint64_t> hashes_;  // two for each frame, of the whole stack
  std::unordered_map<Frame, std::int32_t, FrameHash> ids_;
  std::vector<std::unique_ptr<Follow>> follows_;
};

}  // namespace xrouter::grammar
