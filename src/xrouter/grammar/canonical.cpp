#include "xrouter/grammar/canonical.hpp"

#include <algorithm>

namespace xrouter::grammar {

using Kind = Node::Kind;

namespace {

constexpr std::size_t kMostWays = 64;
constexpr std::size_t kMostBytes = 4096;  // of all ways together
constexpr int kMostBranchings = 12;       // of one way

/// One way on: these bytes, and then an end, a special token, or a border behind which the model chooses.
struct Way {
  enum class Then { end, token, border };
  std::string bytes;
  Then then = Then::border;
  TokenId token = 0;
  Thread behind = {};  // of a border: what the model goes on with
};

/// Follows every thread to the next free place, through at most `branchings` choices. A choice behind these
/// counts as a free place: it is better to fix less than to fix nothing.
class Ways {
 public:
  Ways(Stacks& stacks, int branchings) : stacks_(stacks), branchings_(branchings) {}

  bool collect(const std::vector<Thread>& threads) {
    std::vector<Thread> open;
    bool end = false;
    for (const Thread& thread : threads) {
      if (thread.node != Thread::kFollow) {
        open.push_back(thread);
        continue;
      }
      const Stacks::Follow& next = stacks_.follow(thread.stack);
      open.insert(open.end(), next.threads.begin(), next.threads.end());
      end = end || next.end;
    }
    if (end) add({.bytes = "", .then = Way::Then::end});
    for (const Thread& thread : open) follow(thread, "", open.size() > 1 || end ? 1 : 0);
    return !too_much_;
  }
  bool cut() const { return cut_; }
  std::vector<Way> take() { return std::move(ways_); }

 private:
  void add(Way way) {
    bytes_ += way.bytes.size();
    ways_.push_back(std::move(way));
    too_much_ = too_much_ || ways_.size() > kMostWays || bytes_ > kMostBytes;
  }
  void cut_at(const Thread& behind, const std::string& bytes) {
    cut_ = true;
    add({.bytes = bytes, .then = Way::Then::border, .behind = behind});
  }
  void follow(const Thread& thread, const std::string& bytes, int level) {
    if (too_much_) return;
    const Node& node = stacks_.program().node(thread.node);
    if (node.kind == Kind::scan) return add({.bytes = bytes, .then = Way::Then::border, .behind = thread});
    if (node.kind == Kind::token) return add({.bytes = bytes, .then = Way::Then::token, .token = node.what});
    if (node.kind == Kind::words) return follow_words(thread, bytes, level);
    const std::string& literal = stacks_.program().literals[static_cast<std::size_t>(node.what)];
    go_on(thread.stack, bytes + literal.substr(static_cast<std::size_t>(thread.at)), level);
  }
  void follow_words(const Thread& thread, const std::string& bytes, int level) {
    const Words& words = stacks_.program().word_sets[static_cast<std::size_t>(stacks_.program().node(thread.node).what)];
    const int count = words.count(thread.at);
    if (count > 1 && level >= branchings_) return cut_at(thread, bytes);
    if (static_cast<std::size_t>(count) > kMostWays) {
      too_much_ = true;
      return;
    }
    spell(words, thread.at, bytes, thread.stack, level + (count > 1 ? 1 : 0));
  }
  void spell(const Words& words, int at, const std::string& bytes, int stack, int level) {
    for (const auto* edge = words.begin(at); edge != words.end(at); ++edge) {
      const std::string longer = bytes + static_cast<char>(edge->byte);
      if (longer.size() > kMostBytes) too_much_ = true;
      if (too_much_) return;
      if (words.complete(edge->to)) go_on(stack, longer, level);
      spell(words, edge->to, longer, stack, level);
    }
  }
  void go_on(int stack, const std::string& bytes, int level) {
    if (bytes.size() > kMostBytes) too_much_ = true;
    if (too_much_) return;
    const Stacks::Follow& next = stacks_.follow(stack);
    if (next.threads.size() + (next.end ? 1 : 0) > 1) {
      if (level >= branchings_) return cut_at({.stack = stack}, bytes);
      ++level;
    }
    if (next.end) add({.bytes = bytes, .then = Way::Then::end});
    for (const Thread& thread : next.threads) follow(thread, bytes, level);
  }

  Stacks& stacks_;
  int branchings_;
  bool too_much_ = false;
  bool cut_ = false;
  std::size_t bytes_ = 0;
  std::vector<Way> ways_;
};

// As far ahead as the limits allow.
std::vector<Way> all_ways(Stacks& stacks, const std::vector<Thread>& threads) {
  std::vector<Way> best;
  for (int branchings = 1; branchings <= kMostBranchings; ++branchings) {
    Ways ways(stacks, branchings);
    if (!ways.collect(threads)) break;
    best = ways.take();
    if (!ways.cut()) break;
  }
  return best;
}

/// How many bytes of a way are the model's to choose because a longer token could begin in them and reach
/// across the border: everything from the first such place on, and back to the token it lies in.
class Border {
 public:
  Border(Stacks& stacks, const VocabularyIndex& vocabulary) : masker_(stacks, vocabulary), vocabulary_(vocabulary) {}

  /// The first byte from which some token reaches beyond the way.
  std::size_t first_crossing(const Way& way) {
    const std::size_t size = way.bytes.size();
    const auto longest = static_cast<std::size_t>(vocabulary_.longest());
    for (std::size_t from = size - std::min(size, longest - 1); from < size; ++from) {
      const int node = descend(std::string_view(way.bytes).substr(from));
      if (node >= 0 && masker_.any_below(node, way.behind)) return from;
    }
    return size;
  }

 private:
  int descend(std::string_view bytes) const {
    int node = 0;
    for (const char c : bytes) {
      node = vocabulary_.child(node, static_cast<std::uint8_t>(c));
      if (node < 0) return -1;
    }
    return node;
  }
  Masker masker_;
  const VocabularyIndex& vocabulary_;
};

/// Nothing: the tokens do not spell the way, which can happen where the tokenizer rewrites its input.
std::optional<std::vector<TokenId>> tokens_of(const Way& way, const VocabularyIndex& vocabulary) {
  std::vector<TokenId> tokens = vocabulary.tokenizer().encode(way.bytes);
  const std::string_view bytes = way.bytes;
  std::size_t at = 0;
  for (const TokenId token : tokens) {
    const std::string_view piece = vocabulary.tokenizer().bytes_of(token);
    if (!vocabulary.in_trie(token) || !bytes.substr(at).starts_with(piece)) return std::nullopt;
    at += piece.size();
  }
  return at == bytes.size() ? std::optional(std::move(tokens)) : std::nullopt;
}

// How many of its tokens a way keeps.
std::size_t kept_tokens(const Way& way, const std::vector<TokenId>& tokens, const VocabularyIndex& vocabulary, Border& border) {
  if (way.then != Way::Then::border) return tokens.size();
  const std::size_t crossing = border.first_crossing(way);
  std::size_t kept = tokens.size();
  for (std::size_t at = way.bytes.size(); at > crossing; --kept) at -= vocabulary.tokenizer().bytes_of(tokens[kept - 1]).size();
  return kept;
}

std::vector<TokenId> detours_of(const std::vector<Way>& ways, const std::vector<TokenId>& first_tokens, const VocabularyIndex& vocabulary) {
  const auto leads_beyond_some = [&](std::string_view bytes) {
    return std::ranges::any_of(ways, [&](const Way& way) { return way.then == Way::Then::border && bytes.starts_with(way.bytes); });
  };
  std::vector<TokenId> detours;
  for (const Way& way : ways) {
    int node = 0;
    for (std::size_t i = 0; i + 1 < way.bytes.size(); ++i) {
      node = vocabulary.child(node, static_cast<std::uint8_t>(way.bytes[i]));
      if (node < 0) break;
      if (leads_beyond_some(std::string_view(way.bytes).substr(0, i + 1))) continue;
      for (TokenId id = vocabulary.nodes()[static_cast<std::size_t>(node)].token; id >= 0; id = vocabulary.twin_of(id))
        if (std::ranges::find(first_tokens, id) == first_tokens.end()) detours.push_back(id);
    }
  }
  return detours;
}

std::int32_t child_of(CanonicalTrie& trie, std::int32_t node, TokenId token) {
  auto& children = trie.nodes[static_cast<std::size_t>(node)].children;
  const auto place = std::ranges::lower_bound(children, token, {}, &std::pair<TokenId, std::int32_t>::first);
  if (place != children.end() && place->first == token) return place->second;
  const auto added = static_cast<std::int32_t>(trie.nodes.size());
  children.insert(place, {token, added});
  trie.nodes.emplace_back();
  return added;
}

void add_special(CanonicalTrie& trie, std::int32_t node, TokenId token) {
  auto& children = trie.nodes[static_cast<std::size_t>(node)].children;
  const auto place = std::ranges::lower_bound(children, token, {}, &std::pair<TokenId, std::int32_t>::first);
  if (place == children.end() || place->first != token) children.insert(place, {token, -1});
}

}  // namespace

Canonical canonical_ways(Stacks& stacks, const VocabularyIndex& vocabulary, const std::vector<Thread>& threads) {
  const std::vector<Way> ways = all_ways(stacks, threads);
  const auto is_free_at_once = [](const Way& way) { return way.bytes.empty() && way.then == Way::Then::border; };
  if (ways.empty() || std::ranges::any_of(ways, is_free_at_once)) return {};
  auto trie = std::make_shared<CanonicalTrie>();
  trie->nodes.emplace_back();
  Border border(stacks, vocabulary);
  std::vector<TokenId> first_tokens;
  bool starts_at_a_border = false;
  for (const Way& way : ways) {
    const auto tokens = tokens_of(way, vocabulary);
    if (!tokens) return {};
    if (!tokens->empty()) first_tokens.push_back(tokens->front());
    const std::size_t kept = kept_tokens(way, *tokens, vocabulary, border);
    if (kept == 0 && way.then == Way::Then::border) starts_at_a_border = true;
    std::int32_t at = 0;
    for (std::size_t i = 0; i < kept; ++i) at = child_of(*trie, at, (*tokens)[i]);
    CanonicalTrie::Node& last = trie->nodes[static_cast<std::size_t>(at)];
    if (way.then == Way::Then::border) last.leads_out = true;
    if (way.then == Way::Then::end) last.may_end = true;
    if (way.then == Way::Then::token) add_special(*trie, at, way.token);
  }
  if (starts_at_a_border) return {.detours = detours_of(ways, first_tokens, vocabulary)};
  return {.trie = std::move(trie)};
}

}  // namespace xrouter::grammar
