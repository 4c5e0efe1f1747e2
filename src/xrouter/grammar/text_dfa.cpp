// The automata that are the same for every grammar: UTF-8, text without certain strings, JSON strings.
#include <algorithm>
#include <deque>
#include <map>

#include "xrouter/grammar/dfa.hpp"

namespace xrouter::grammar {
namespace {

/// Where in a character of UTF-8 one is. Overlong forms, surrogates and what lies beyond U+10FFFF have no way.
enum Utf8 : int { whole, one_more, two_more, three_more, after_e0, after_ed, after_f0, after_f4, utf8_states };

struct Utf8Edge {
  int from;
  std::uint8_t first, last;
  int to;
};

constexpr Utf8Edge kUtf8Edges[] = {
    {whole, 0x00, 0x7f, whole},         {whole, 0xc2, 0xdf, one_more},         {whole, 0xe0, 0xe0, after_e0},      {whole, 0xe1, 0xec, two_more},
    {whole, 0xed, 0xed, after_ed},      {whole, 0xee, 0xef, two_more},         {whole, 0xf0, 0xf0, after_f0},      {whole, 0xf1, 0xf3, three_more},
    {whole, 0xf4, 0xf4, after_f4},      {one_more, 0x80, 0xbf, whole},         {two_more, 0x80, 0xbf, one_more},   {three_more, 0x80, 0xbf, two_more},
    {after_e0, 0xa0, 0xbf, one_more},   {after_ed, 0x80, 0x9f, one_more},      {after_f0, 0x90, 0xbf, two_more},   {after_f4, 0x80, 0x8f, two_more},
};

int utf8_step(int state, int byte) {
  for (const Utf8Edge& edge : kUtf8Edges)
    if (edge.from == state && byte >= edge.first && byte <= edge.last) return edge.to;
  return Dfa::kDead;
}

/// Aho-Corasick: which of the words could be under way. Deterministic; a state where a word is complete
/// has no number (Dfa::kDead).
class Watch {
 public:
  explicit Watch(const std::vector<std::string>& words) {
    for (const std::string& word : words) insert(word);
    link();
  }
  int step(int state, int byte) const {
    const int to = nodes_[static_cast<std::size_t>(state)].next[static_cast<std::size_t>(byte)];
    return nodes_[static_cast<std::size_t>(to)].complete ? Dfa::kDead : to;
  }
  bool refuses_all() const { return nodes_[0].complete; }

 private:
  struct Node {
    std::array<int, 256> next;
    int fallback = 0;
    bool complete = false;
    Node() { next.fill(-1); }
  };
  void insert(const std::string& word) {
    std::size_t at = 0;
    for (const char c : word) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (nodes_[at].next[byte] < 0) {
        nodes_[at].next[byte] = static_cast<int>(nodes_.size());
        nodes_.emplace_back();
      }
      at = static_cast<std::size_t>(nodes_[at].next[byte]);
    }
    nodes_[at].complete = true;
  }
  void link() {
    std::deque<std::size_t> open = {0};
    while (!open.empty()) {
      const std::size_t at = open.front();
      open.pop_front();
      const auto fallback = static_cast<std::size_t>(nodes_[at].fallback);
      nodes_[at].complete = nodes_[at].complete || nodes_[fallback].complete;
      for (std::size_t byte = 0; byte < 256; ++byte) {
        int& to = nodes_[at].next[byte];
        const int otherwise = at == 0 ? 0 : nodes_[fallback].next[byte];
        if (to < 0) {
          to = otherwise;
          continue;
        }
        nodes_[static_cast<std::size_t>(to)].fallback = otherwise;
        open.push_back(static_cast<std::size_t>(to));
      }
    }
  }
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace

Dfa text_without(const std::vector<std::string>& without) {
  const Watch watch(without);
  if (watch.refuses_all()) return {};
  DfaDraft draft;
  std::map<std::pair<int, int>, int> known;
  std::vector<std::pair<int, int>> order;
  const auto state_of = [&](int watched, int utf8) {
    const auto [at, added] = known.emplace(std::pair(watched, utf8), static_cast<int>(order.size()));
    if (added) {
      order.emplace_back(watched, utf8);
      draft.add(utf8 == whole, 1);
    }
    return at->second;
  };
  state_of(0, whole);
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      const auto [watched, utf8] = order[i];
      const int next_utf8 = utf8_step(utf8, byte);
      const int next_watched = watch.step(watched, byte);
      if (next_utf8 == Dfa::kDead || next_watched == Dfa::kDead) continue;
      const int to = state_of(next_watched, next_utf8);
      draft.states[i].next[static_cast<std::size_t>(byte)] = to;
    }
  }
  return finish(draft);
}

namespace {

void hex(DfaDraft& draft, int from, int to) {
  draft.edge(from, '0', '9', to);
  draft.edge(from, 'a', 'f', to);
  draft.edge(from, 'A', 'F', to);
}

// \uXXXX behind the `u`: a high surrogate must be followed by a low one, a low one has no way of its own.
void add_unicode_escape(DfaDraft& draft, int behind_u, int whole_state, std::uint8_t cost) {
  const int three = draft.add(false, cost), two = draft.add(false, cost), one = draft.add(false, cost), after_d = draft.add(false, cost);
  const int high_two = draft.add(false, cost), high_one = draft.add(false, cost), backslash = draft.add(false, cost), u = draft.add(false, cost);
  const int low_d = draft.add(false, cost), low_second = draft.add(false, cost);
  hex(draft, behind_u, three);
  draft.edge(behind_u, 'd', 'd', after_d);
  draft.edge(behind_u, 'D', 'D', after_d);
  hex(draft, three, two);
  hex(draft, two, one);
  hex(draft, one, whole_state);
  draft.edge(after_d, '0', '7', two);
  draft.edge(after_d, '8', '9', high_two);
  draft.edge(after_d, 'a', 'b', high_two);
  draft.edge(after_d, 'A', 'B', high_two);
  hex(draft, high_two, high_one);
  hex(draft, high_one, backslash);
  draft.edge(backslash, '\\', '\\', u);
  draft.edge(u, 'u', 'u', low_d);
  draft.edge(low_d, 'd', 'd', low_second);
  draft.edge(low_d, 'D', 'D', low_second);
  draft.edge(low_second, 'c', 'f', two);
  draft.edge(low_second, 'C', 'F', two);
}

// The characters that stand for themselves in a JSON string; states are those of Utf8.
void add_plain_characters(DfaDraft& draft) {
  for (const Utf8Edge& edge : kUtf8Edges) draft.edge(edge.from, edge.first, edge.last, edge.to);
  draft.edge(whole, 0x00, 0x1f, Dfa::kDead);
  draft.edge(whole, '"', '"', Dfa::kDead);
  draft.edge(whole, '\\', '\\', Dfa::kDead);
}

}  // namespace

Dfa json_string_body(Count count) {
  DfaDraft draft;
  const std::uint8_t inside = count == Count::bytes ? 1 : 0;
  for (int state = 0; state < utf8_states; ++state) draft.add(state == whole, state == whole ? 1 : inside);
  add_plain_characters(draft);
  const int escape = draft.add(false, inside);
  draft.edge(whole, '\\', '\\', escape);
  for (const char c : std::string_view("\"\\/bfnrt")) draft.edge(escape, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c), whole);
  const int behind_u = draft.add(false, inside);
  draft.edge(escape, 'u', 'u', behind_u);
  add_unicode_escape(draft, behind_u, whole, inside);
  return finish(draft);
}

Dfa json_free_name(const std::vector<std::string>& names) {
  DfaDraft plain;
  for (int state = 0; state < utf8_states; ++state) plain.add(state == whole, state == whole ? 1 : 0);
  add_plain_characters(plain);
  const Dfa any = finish(plain);

  // The trie of the names, which leads to a state outside it on the first byte that leaves them all.
  DfaDraft other;
  std::map<std::string, int> prefixes;
  prefixes.emplace("", other.add(false, 0));
  for (const std::string& name : names)
    for (std::size_t length = 1; length <= name.size(); ++length)
      if (!prefixes.contains(name.substr(0, length))) prefixes.emplace(name.substr(0, length), other.add(true, 0));
  for (const std::string& name : names)
    if (!name.empty()) other.states[static_cast<std::size_t>(prefixes.at(name))].accepting = false;
  const int outside = other.add(true, 0);
  for (int state = 0; state <= outside; ++state) other.edge(state, 0x00, 0xff, outside);
  for (const auto& [prefix, state] : prefixes) {
    if (prefix.empty()) continue;
    const int from = prefixes.at(prefix.substr(0, prefix.size() - 1));
    other.states[static_cast<std::size_t>(from)].next[static_cast<std::uint8_t>(prefix.back())] = state;
  }
  return both(any, finish(other), 1 << 16);
}

}  // namespace xrouter::grammar
