// A regular expression as a nondeterministic automaton over characters.
#pragma once

#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/schema/char_set.hpp"

namespace xrouter::grammar {

struct PatternNfa {
  struct State {
    enum class Kind : std::uint8_t { split, characters, at_begin, at_end, accept };
    Kind kind = Kind::split;
    int to = -1;     ///< split: the first way; -1: none
    int other = -1;  ///< split: the second way
    int set = -1;    ///< characters: index into sets
  };
  std::vector<State> states;
  std::vector<CharSet> sets;
  int start = 0;
};

/// Of all strings in which the pattern is found. Error: invalid_request, saying what of the pattern is wrong, not
/// supported or too large.
Result<PatternNfa> parse_pattern(std::string_view pattern);

}  // namespace xrouter::grammar
