// Automata over bytes for the places where a model writes freely: text, string bodies, numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grammar {

/// Deterministic, trimmed: from every state an accepting one can be reached. What is limited (bytes,
/// characters) is not counted in states: leaving a state costs 0 or 1, and whoever runs the automaton keeps
/// the sum. Immutable after finish().
struct Dfa {
  static constexpr int kDead = -1;

  std::array<std::uint8_t, 256> class_of = {};
  int classes = 0;
  std::vector<std::int32_t> next;       ///< [state * classes + class]; kDead: no way on
  std::vector<std::uint8_t> cost;       ///< of leaving a state, whichever way
  std::vector<std::uint8_t> accepting;
  std::vector<std::int32_t> need;       ///< least cost from a state to an accepting one
  std::int32_t most_need = 0;
  int start = 0;
  std::uint64_t fingerprint[2] = {0, 0};  ///< of all of the above: equal automata have equal ones

  int states() const { return static_cast<int>(accepting.size()); }
  int step(int state, std::uint8_t byte) const { return next[static_cast<std::size_t>(state * classes + class_of[byte])]; }
};

/// An automaton under construction.
struct DfaDraft {
  struct State {
    std::array<std::int32_t, 256> next;
    std::uint8_t cost = 0;
    bool accepting = false;
    State() { next.fill(Dfa::kDead); }
  };
  std::vector<State> states;

  int add(bool accepting, std::uint8_t cost);
  void edge(int from, std::uint8_t first, std::uint8_t last, int to);
};

/// Trims and packs; state 0 is the start. One without states accepts nothing.
Dfa finish(const DfaDraft& draft);

/// Whole UTF-8 in which none of `without` occurs; a byte costs 1.
Dfa text_without(const std::vector<std::string>& without);

enum class Count { bytes, characters };
/// What stands between the quotes of a JSON string: every escape, surrogates in pairs only.
Dfa json_string_body(Count count);
/// What stands between the quotes of a member's name that the schema does not know: no escapes, none of
/// `names`, at least one character; characters cost 1.
Dfa json_free_name(const std::vector<std::string>& names);
/// Both; costs are those of `left`. Error in the form of no states: larger than max_states.
Dfa both(const Dfa& left, const Dfa& right, int max_states);
/// At least `least` leavings of costly states; costs as before.
Dfa at_least(const Dfa& dfa, int least, int max_states);

}  // namespace xrouter::grammar
