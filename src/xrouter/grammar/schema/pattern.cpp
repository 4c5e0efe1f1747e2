#include "xrouter/grammar/schema/pattern.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "xrouter/grammar/schema/pattern_nfa.hpp"

namespace xrouter::grammar {
namespace {

using Kind = PatternNfa::State::Kind;

constexpr std::size_t kMostStates = 8'000;
constexpr std::size_t kMostWork = 4'000'000;

/// States that the expression can be in between two characters; sorted, only those that take a character.
struct Subset {
  std::vector<int> states;
  bool accepting = false;
  auto operator<=>(const Subset&) const = default;
};

/// Deterministic over characters first: ranges of characters, and the subset that each leads to.
struct Move {
  std::uint32_t first, last;
  int to;  ///< a state of the draft
};

class Determinizer {
 public:
  explicit Determinizer(const PatternNfa& nfa) : nfa_(nfa) {}

  Result<Dfa> run() {
    state_of(closure({nfa_.start}, true));
    while (!open_.empty()) {
      const auto [subset, state] = std::move(open_.back());
      open_.pop_back();
      expand(subset, state);
      if (draft_.states.size() > kMostStates || work_ > kMostWork) return fail(ErrorKind::invalid_request, "the pattern is too large");
    }
    return finish(draft_);
  }

 private:
  void follow(int from, bool at_begin, bool at_end, std::vector<bool>& seen, Subset& out) {
    std::vector<int> waiting = {from};
    while (!waiting.empty()) {
      const int at = waiting.back();
      waiting.pop_back();
      if (at < 0 || seen[static_cast<std::size_t>(at)]) continue;
      seen[static_cast<std::size_t>(at)] = true;
      ++work_;
      const auto& state = nfa_.states[static_cast<std::size_t>(at)];
      if (state.kind == Kind::accept) out.accepting = true;
      if (state.kind == Kind::characters) out.states.push_back(at);
      if (state.kind == Kind::split) waiting.insert(waiting.end(), {state.to, state.other});
      if ((state.kind == Kind::at_begin && at_begin) || (state.kind == Kind::at_end && at_end)) waiting.push_back(state.to);
    }
  }
  Subset closure(const std::vector<int>& from, bool at_begin) {
    Subset on;
    Subset at_end;  // what may follow `$` is nothing: only whether it accepts counts
    std::vector<bool> seen(nfa_.states.size(), false);
    std::vector<bool> seen_at_end(nfa_.states.size(), false);
    for (const int state : from) {
      follow(state, at_begin, false, seen, on);
      follow(state, at_begin, true, seen_at_end, at_end);
    }
    on.accepting = at_end.accepting;
    std::ranges::sort(on.states);
    return on;
  }
  int state_of(Subset subset) {
    const auto [at, added] = known_.emplace(std::move(subset), static_cast<int>(draft_.states.size()));
    if (!added) return at->second;
    draft_.add(at->first.accepting, 1);
    open_.emplace_back(at->first, at->second);
    return at->second;
  }

  std::vector<Move> moves_of(const Subset& subset) {
    std::set<std::uint32_t> cuts;  // where some state's set begins or has ended
    for (const int state : subset.states) {
      for (const auto& [first, last] : set_of(state).ranges()) {
        cuts.insert(first);
        cuts.insert(last + 1);
      }
    }
    std::map<std::vector<int>, int> targets;
    std::vector<Move> moves;
    for (auto cut = cuts.begin(); cut != cuts.end() && std::next(cut) != cuts.end(); ++cut) {
      std::vector<int> to;
      for (const int state : subset.states)
        if (set_of(state).has(*cut)) to.push_back(nfa_.states[static_cast<std::size_t>(state)].to);
      work_ += subset.states.size();
      if (to.empty() || work_ > kMostWork) continue;
      auto found = targets.find(to);
      if (found == targets.end()) found = targets.emplace(to, state_of(closure(to, false))).first;
      moves.push_back({*cut, *std::next(cut) - 1, found->second});
    }
    return moves;
  }
  const CharSet& set_of(int state) const { return nfa_.sets[static_cast<std::size_t>(nfa_.states[static_cast<std::size_t>(state)].set)]; }

  void expand(const Subset& subset, int state) {
    const std::vector<Move> moves = moves_of(subset);
    for (std::uint32_t c = 0x20; c < 0x80; ++c)
      if (c != '"' && c != '\\') set_edge(state, c, target(moves, c, c));
    add_escapes(moves, state);
    for (std::uint32_t lead = 0xc2; lead <= 0xdf; ++lead) set_edge(state, lead, block(moves, (lead & 0x1f) << 6, 1, 0x80));
    for (std::uint32_t lead = 0xe0; lead <= 0xef; ++lead) set_edge(state, lead, block(moves, (lead & 0x0f) << 12, 2, 0x800));
    for (std::uint32_t lead = 0xf0; lead <= 0xf4; ++lead) set_edge(state, lead, block(moves, (lead & 0x07) << 18, 3, 0x10000));
  }
  void set_edge(int from, std::uint32_t byte, int to) { draft_.states[static_cast<std::size_t>(from)].next[byte] = to; }

  static constexpr int kMixed = -2;
  // Where all characters of a range lead; kMixed when they part.
  static int target(const std::vector<Move>& moves, std::uint32_t first, std::uint32_t last) {
    const auto at = std::ranges::lower_bound(moves, first, {}, &Move::last);
    if (at == moves.end() || at->first > last) return Dfa::kDead;
    return at->first <= first && at->last >= last ? at->to : kMixed;
  }
  // The state behind the first bytes of a character, of which so many are still to come; all characters from
  // `first` on that share these bytes. Below `least` they would be longer than need be.
  int block(const std::vector<Move>& moves, std::uint32_t first, int bytes, std::uint32_t least) {
    const std::uint32_t size = 1U << (6 * bytes);
    if (first + size <= least) return Dfa::kDead;
    const int to = first >= least ? target(moves, first, first + size - 1) : kMixed;
    if (bytes == 0 || to == Dfa::kDead) return to;
    if (to != kMixed) return rest(to, bytes);
    const int state = draft_.add(false, 0);
    for (std::uint32_t i = 0; i < 64; ++i) {
      const int next = block(moves, first + i * (size / 64), bytes - 1, least);
      set_edge(state, 0x80 + i, next);
    }
    return state;
  }
  // So many bytes of a character, whatever they are, and then `to`.
  int rest(int to, int bytes) {
    if (bytes == 0) return to;
    const auto found = rests_.find({to, bytes});
    if (found != rests_.end()) return found->second;
    const int next = rest(to, bytes - 1);
    const int state = draft_.add(false, 0);
    draft_.edge(state, 0x80, 0xbf, next);
    rests_.emplace(std::pair(to, bytes), state);
    return state;
  }

  // What cannot stand in a string as it is.
  void add_escapes(const std::vector<Move>& moves, int state) {
    const int escape = draft_.add(false, 0);
    set_edge(state, '\\', escape);
    constexpr std::pair<char, char> kShort[] = {{'"', '"'}, {'\\', '\\'}, {'b', '\b'}, {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}};
    for (const auto& [letter, c] : kShort) set_edge(escape, static_cast<std::uint8_t>(letter), target(moves, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c)));
    int at = escape;
    for (const char c : {'u', '0', '0'}) {
      const int next = draft_.add(false, 0);
      set_edge(at, static_cast<std::uint8_t>(c), next);
      at = next;
    }
    for (std::uint32_t high = 0; high < 2; ++high) {
      const int last = draft_.add(false, 0);
      set_edge(at, '0' + high, last);
      for (std::uint32_t low = 0; low < 16; ++low) {
        const std::uint32_t c = high * 16 + low;
        if (std::ranges::any_of(kShort, [&](const auto& each) { return static_cast<std::uint8_t>(each.second) == c; })) continue;
        set_edge(last, static_cast<std::uint8_t>("0123456789abcdef"[low]), target(moves, c, c));
        set_edge(last, static_cast<std::uint8_t>("0123456789ABCDEF"[low]), target(moves, c, c));
      }
    }
  }

  const PatternNfa& nfa_;
  DfaDraft draft_;
  std::map<Subset, int> known_;
  std::vector<std::pair<Subset, int>> open_;
  std::map<std::pair<int, int>, int> rests_;
  std::size_t work_ = 0;
};

}  // namespace

Result<Dfa> pattern_dfa(std::string_view pattern) {
  const Result<PatternNfa> nfa = parse_pattern(pattern);
  if (!nfa) return fail(nfa.error());
  return Determinizer(*nfa).run();
}

}  // namespace xrouter::grammar
