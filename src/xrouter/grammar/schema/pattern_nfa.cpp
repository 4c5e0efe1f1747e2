#include "xrouter/grammar/schema/pattern_nfa.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace xrouter::grammar {
namespace {

using State = PatternNfa::State;
using Kind = State::Kind;

constexpr std::size_t kMostPatternBytes = 4096;
constexpr std::size_t kMostStates = 6000;
constexpr int kMostDepth = 40;
constexpr int kMostRepeats = 1000;
constexpr int kNoLimit = std::numeric_limits<int>::max();

CharSet digits() { return CharSet::of('0', '9'); }
CharSet ascii() { return CharSet::of(0, 0x7f); }

CharSet word_characters() {
  CharSet set = digits();
  set.add('A', 'Z');
  set.add('a', 'z');
  set.add('_', '_');
  return set;
}

CharSet blanks() {
  CharSet set = CharSet::of('\t', '\r');
  set.add(' ', ' ');
  return set;
}

// What no dialect takes for a blank: some count the information separators among them.
CharSet no_blanks() {
  CharSet set = blanks();
  set.add(0x1c, 0x1f);
  return set.opposite().within(ascii());
}

CharSet any_but_line_ends() {
  CharSet ends = CharSet::of('\n', '\n');
  ends.add('\r', '\r');
  ends.add(0x2028, 0x2029);
  return ends.opposite();
}

int hex_value(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/// A part of the automaton with one way in and one way out, a split without targets.
struct Part {
  int in = -1;
  int out = -1;
};

/// Recursive descent. Repetitions parse their operand again for each copy, which needs no tree.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : text_(pattern) {}

  Result<PatternNfa> parse() {
    if (text_.size() > kMostPatternBytes) return fail(ErrorKind::invalid_request, "the pattern is too long");
    Part whole = alternatives(0);
    if (at_ < text_.size()) refuse("has a ) too many");
    if (!fault_.empty()) return fail(ErrorKind::invalid_request, fault_);
    // Found anywhere: anything before it, anything behind it.
    const Part before = repeated_any();
    const Part after = repeated_any();
    link(before.out, whole.in);
    link(whole.out, after.in);
    link(after.out, add({.kind = Kind::accept}));
    nfa_.start = before.in;
    return std::move(nfa_);
  }

 private:
  void refuse(std::string why) {
    if (fault_.empty()) fault_ = "the pattern " + std::move(why);
    at_ = text_.size();
  }
  bool eat(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool more() const { return at_ < text_.size(); }

  int add(State state) {
    if (nfa_.states.size() >= kMostStates) refuse("is too large");
    nfa_.states.push_back(state);
    return static_cast<int>(nfa_.states.size()) - 1;
  }
  void link(int from, int to) {
    State& state = nfa_.states[static_cast<std::size_t>(from)];
    (state.to < 0 ? state.to : state.other) = to;
  }
  Part single(State state) {
    const int out = add({});
    state.to = out;
    return {add(state), out};
  }
  Part characters(CharSet set) {
    nfa_.sets.push_back(std::move(set));
    return single({.kind = Kind::characters, .set = static_cast<int>(nfa_.sets.size()) - 1});
  }
  Part nothing() {
    const int only = add({});
    return {only, only};
  }
  Part repeated_any() {
    const Part any = characters(CharSet::all());
    const int loop = add({.to = any.in});
    link(any.out, loop);
    const int out = add({});
    link(loop, out);
    return {loop, out};
  }

  Part alternatives(int depth) {
    if (depth > kMostDepth) refuse("nests too deep");
    Part part = sequence(depth);
    while (eat('|')) {
      const Part other = sequence(depth);
      const int out = add({});
      link(part.out, out);
      link(other.out, out);
      part = {add({.to = part.in, .other = other.in}), out};
    }
    return part;
  }

  Part sequence(int depth) {
    Part part = nothing();
    while (more() && text_[at_] != '|' && text_[at_] != ')') {
      const Part next = repetition(depth);
      if (!fault_.empty()) break;
      link(part.out, next.in);
      part.out = next.out;
    }
    return part;
  }

  struct Times {
    int min = 1, max = 1;
  };
  // Nothing: what stands there repeats nothing.
  std::optional<Times> times() {
    if (eat('*')) return Times{0, kNoLimit};
    if (eat('+')) return Times{1, kNoLimit};
    if (eat('?')) return Times{0, 1};
    if (!more() || text_[at_] != '{') return std::nullopt;
    std::size_t at = at_ + 1;
    const auto number = [&]() -> std::optional<int> {
      int value = -1;
      for (; at < text_.size() && text_[at] >= '0' && text_[at] <= '9'; ++at) value = std::min(std::max(value, 0) * 10 + (text_[at] - '0'), kMostRepeats + 1);
      return value < 0 ? std::nullopt : std::optional(value);
    };
    const std::optional<int> min = number();
    if (!min) {
      // A brace like any other; but to some {,3} is a repetition.
      if (at < text_.size() && text_[at] == ',') refuse("has a repetition without its least");
      return std::nullopt;
    }
    std::optional<int> max = min;
    if (at < text_.size() && text_[at] == ',') {
      ++at;
      max = number();
      if (!max) max = kNoLimit;
    }
    if (at >= text_.size() || text_[at] != '}') return std::nullopt;
    at_ = at + 1;
    if (*min > kMostRepeats || (*max != kNoLimit && *max > kMostRepeats)) refuse("repeats too often");
    if (*max < *min) refuse("has a repetition that ends before it begins");
    return Times{*min, *max};
  }

  Part repetition(int depth) {
    const std::size_t begin = at_;
    const bool is_assertion = text_[at_] == '^' || text_[at_] == '$';
    Part one = atom(depth);
    const std::size_t end = at_;
    const std::optional<Times> count = fault_.empty() ? times() : std::nullopt;
    if (!count) return one;
    eat('?');  // reluctant ones match the same strings
    if (is_assertion || (more() && (text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '?' || text_[at_] == '{'))) refuse("repeats a repetition or an assertion");
    const std::size_t behind = at_;
    bool first = true;
    const auto copy = [&] {
      if (std::exchange(first, false)) return one;
      const std::string_view whole = std::exchange(text_, text_.substr(0, end));
      at_ = begin;
      const Part part = atom(depth);
      text_ = whole;
      at_ = fault_.empty() ? behind : text_.size();
      return part;
    };
    Part part = nothing();
    for (int i = 0; i < count->min && fault_.empty(); ++i) {
      const Part next = copy();
      link(part.out, next.in);
      part.out = next.out;
    }
    if (count->max == kNoLimit && fault_.empty()) return with_loop(part, copy());
    const int out = add({});
    for (int i = count->min; i < count->max && fault_.empty(); ++i) {
      const Part next = copy();
      const int fork = add({.to = next.in, .other = out});
      link(part.out, fork);
      part.out = next.out;
    }
    link(part.out, out);
    return {part.in, out};
  }
  Part with_loop(Part before, Part body) {
    const int out = add({});
    const int fork = add({.to = body.in, .other = out});
    link(before.out, fork);
    link(body.out, fork);
    return {before.in, out};
  }

  Part atom(int depth) {
    const char c = text_[at_];
    if (eat('(')) return group(depth);
    if (eat('[')) return characters(char_class());
    if (eat('.')) return characters(any_but_line_ends());
    if (eat('^')) return single({.kind = Kind::at_begin});
    if (eat('$')) return single({.kind = Kind::at_end});
    if (c == '*' || c == '+' || c == '?') refuse("repeats nothing");
    if (eat('\\')) return characters(escaped(false));
    const std::uint32_t character = next_character();
    return characters(CharSet::of(character, character));
  }

  Part group(int depth) {
    if (eat('?') && !eat(':')) refuse("uses a kind of group that is not supported");
    const Part part = alternatives(depth + 1);
    if (fault_.empty() && !eat(')')) refuse("lacks a )");
    return part;
  }

  // The schema is valid UTF-8.
  std::uint32_t next_character() {
    if (!more()) return 0;
    const auto lead = static_cast<std::uint8_t>(text_[at_++]);
    if (lead < 0x80) return lead;
    const int more_bytes = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    std::uint32_t character = lead & (0x3fU >> more_bytes);
    for (int i = 0; i < more_bytes && more(); ++i) character = (character << 6) | (static_cast<std::uint8_t>(text_[at_++]) & 0x3fU);
    return character;
  }

  CharSet hex_escape(std::size_t length) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const int digit = more() ? hex_value(text_[at_]) : -1;
      if (digit < 0) {
        refuse("has an escape without its hexadecimal digits");
        return {};
      }
      value = value * 16 + static_cast<std::uint32_t>(digit);
      ++at_;
    }
    if (value >= 0xd800 && value <= 0xdfff) refuse("names half a character");
    return CharSet::of(value, value);
  }

  CharSet escaped(bool in_class) {
    if (!more()) {
      refuse("ends in a backslash");
      return {};
    }
    const auto one = [](char c) { return CharSet::of(static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c)); };
    const char c = text_[at_];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_letter) {
      const std::uint32_t character = next_character();
      return CharSet::of(character, character);
    }
    ++at_;
    shorthand_ = shorthand_ || std::string_view("dDwWsS").find(c) != std::string_view::npos;
    switch (c) {
      case 'd': return digits();
      case 'D': return digits().opposite().within(ascii());
      case 'w': return word_characters();
      case 'W': return word_characters().opposite().within(ascii());
      case 's': return blanks();
      case 'S': return no_blanks();
      case 't': return one('\t');
      case 'n': return one('\n');
      case 'r': return one('\r');
      case 'f': return one('\f');
      case 'v': return one('\v');
      case 'x': return hex_escape(2);
      case 'u': return hex_escape(4);
      case 'b':
        if (in_class) return one('\b');
        break;
      case '0':
        if (!more() || text_[at_] < '0' || text_[at_] > '9') return one('\0');
        break;
      default:
        break;
    }
    refuse(std::string("uses \\") + c + ", which is not supported");
    return {};
  }

  CharSet char_class() {
    const bool negated = eat('^');
    shorthand_ = false;
    CharSet set;
    if (more() && text_[at_] == ']') refuse("has a class of no characters");  // to some the bracket belongs to it
    while (more() && text_[at_] != ']') {
      const CharSet low = class_item();
      const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (!is_range) {
        set.add(low);
        continue;
      }
      ++at_;
      const CharSet high = class_item();
      if (!fault_.empty()) return {};
      const auto is_one = [](const CharSet& item) { return item.ranges().size() == 1 && item.ranges()[0].first == item.ranges()[0].second; };
      if (!is_one(low) || !is_one(high) || low.ranges()[0].first > high.ranges()[0].first) {
        refuse("has a range of characters that is none");
        return {};
      }
      set.add(low.ranges()[0].first, high.ranges()[0].first);
    }
    if (fault_.empty() && !eat(']')) refuse("lacks a ]");
    if (!negated) return set;
    // The opposite of a shorthand differs between dialects beyond ASCII.
    return shorthand_ ? set.opposite().within(no_separators()) : set.opposite();
  }
  static CharSet no_separators() {
    CharSet set = CharSet::of(0, 0x1b);
    set.add(0x20, 0x7f);
    return set;
  }
  CharSet class_item() {
    if (eat('\\')) return escaped(true);
    const std::uint32_t character = next_character();
    return CharSet::of(character, character);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PatternNfa nfa_;
  std::string fault_;
  bool shorthand_ = false;  // in the class being read
};

}  // namespace

Result<PatternNfa> parse_pattern(std::string_view pattern) { return Parser(pattern).parse(); }

}  // namespace xrouter::grammar
