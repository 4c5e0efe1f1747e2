#include "xrouter/tokenizer/bpe.hpp"

#include <algorithm>
#include <bit>
#include <queue>

namespace xrouter::tokenizer {
namespace {

constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
constexpr std::size_t kFew = 40;  // symbols up to which looking at all pairs is faster than a heap

std::uint64_t pair_of(TokenId left, TokenId right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

}  // namespace

Bpe::Bpe(const TokenTable& table, const std::vector<TokenId>& words, const BpeRules& rules, std::vector<bool> barred)
    : table_(table),
      index_(words.size()),
      pairs_(std::bit_ceil(rules.merges.size() * 2 + 2)),
      pair_shift_(64 - std::countr_zero(pairs_.size())),
      ignore_merges_(rules.ignore_merges),
      unknown_(rules.unknown),
      fuse_unknown_(rules.fuse_unknown),
      barred_(std::move(barred)),
      whole_(std::make_unique<std::atomic<Whole>[]>(table.size())) {
  byte_tokens_.fill(-1);
  for (const TokenId id : words) {
    const std::string_view bytes = table.bytes_of(id);
    if (index_.insert(id, table) && bytes.size() == 1) byte_tokens_[static_cast<unsigned char>(bytes.front())] = id;
  }
  for (std::size_t i = 0; i < rules.merges.size(); ++i) {
    insert(rules.merges[i], static_cast<std::uint32_t>(i));
    if (barred_[static_cast<std::size_t>(rules.merges[i].result)]) merges_to_barred_ = true;
  }
}

void Bpe::insert(const Merge& merge, std::uint32_t rank) {
  const std::uint64_t pair = pair_of(merge.left, merge.right);
  std::size_t at = pair * kOdd >> pair_shift_;
  while (pairs_[at].pair != UINT64_MAX && pairs_[at].pair != pair) at = (at + 1) & (pairs_.size() - 1);
  pairs_[at] = {pair, {rank, merge.result}};
}

Bpe::Rank Bpe::rank_of(TokenId left, TokenId right, bool bar) const {
  const std::uint64_t pair = pair_of(left, right);
  std::size_t at = pair * kOdd >> pair_shift_;
  for (; pairs_[at].pair != pair; at = (at + 1) & (pairs_.size() - 1))
    if (pairs_[at].pair == UINT64_MAX) return {};
  if (bar && barred_[static_cast<std::size_t>(pairs_[at].rank.result)]) return {};
  return pairs_[at].rank;
}

void Bpe::encode(std::string_view word, SpecialTokens special, std::vector<TokenId>& out) const {
  const bool as_text = special == SpecialTokens::as_text;
  const TokenId token = index_.find(word, table_);
  const bool usable = token >= 0 && !(as_text && barred_[static_cast<std::size_t>(token)]);
  if (usable && ignore_merges_) return out.push_back(token);
  const bool bar = as_text && merges_to_barred_;
  // With barred merges the memo would need a second half; such vocabularies are not worth it.
  if (!usable || bar) return merge(word, out, bar);
  std::atomic<Whole>& whole = whole_[static_cast<std::size_t>(token)];
  const Whole known = whole.load(std::memory_order_relaxed);
  if (known == Whole::yes) return out.push_back(token);
  const std::size_t first = out.size();
  merge(word, out, bar);
  const bool is_whole = out.size() == first + 1 && out.back() == token;
  if (known == Whole::not_known) whole.store(is_whole ? Whole::yes : Whole::no, std::memory_order_relaxed);
}

void Bpe::spell(std::string_view word, std::vector<TokenId>& out) const {
  bool in_unknown = false;
  for (const char byte : word) {
    const TokenId token = byte_tokens_[static_cast<unsigned char>(byte)];
    if (token >= 0)
      out.push_back(token);
    else if (unknown_ && !(in_unknown && fuse_unknown_))
      out.push_back(*unknown_);
    in_unknown = token < 0;
  }
}

void Bpe::merge(std::string_view word, std::vector<TokenId>& out, bool bar) const {
  const std::size_t first = out.size();
  spell(word, out);
  const std::size_t symbols = out.size() - first;
  if (symbols < 2) return;
  if (symbols <= kFew) return merge_few(out, first, bar);
  merge_many(out, first, bar);
}

void Bpe::merge_few(std::vector<TokenId>& out, std::size_t first, bool bar) const {
  std::array<Rank, kFew> ranks;  // of the pair that begins at each symbol
  TokenId* symbols = out.data() + first;
  std::size_t count = out.size() - first;
  for (std::size_t i = 0; i + 1 < count; ++i) ranks[i] = rank_of(symbols[i], symbols[i + 1], bar);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i)
      if (ranks[i].rank < ranks[best].rank) best = i;
    if (ranks[best].rank == UINT32_MAX) break;
    symbols[best] = ranks[best].result;
    std::copy(symbols + best + 2, symbols + count, symbols + best + 1);
    std::copy(ranks.data() + best + 1, ranks.data() + count - 1, ranks.data() + best);
    --count;
    if (best > 0) ranks[best - 1] = rank_of(symbols[best - 1], symbols[best], bar);
    if (best + 1 < count) ranks[best] = rank_of(symbols[best], symbols[best + 1], bar);
  }
  out.resize(first + count);
}

// A linked list of symbols and a heap of candidates; candidates that time has overtaken are skipped.
struct Bpe::Symbol {
  TokenId token = 0;  // -1: merged into the one in front
  std::uint32_t previous = 0, next = 0;
};

void Bpe::merge_many(std::vector<TokenId>& out, std::size_t first, bool bar) const {
  constexpr std::uint32_t kNone = UINT32_MAX;
  struct Candidate {
    std::uint32_t rank, at;
    TokenId left, right, result;
    bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
  };
  std::vector<Symbol> symbols(out.size() - first);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) symbols[i] = {out[first + i], i - 1, i + 1};
  symbols.front().previous = kNone;
  symbols.back().next = kNone;

  std::vector<Candidate> start;
  const auto candidate_at = [&](std::uint32_t at) -> std::optional<Candidate> {
    const std::uint32_t next = symbols[at].next;
    if (next == kNone) return std::nullopt;
    const Rank rank = rank_of(symbols[at].token, symbols[next].token, bar);
    if (rank.rank == UINT32_MAX) return std::nullopt;
    return Candidate{rank.rank, at, symbols[at].token, symbols[next].token, rank.result};
  };
  for (std::uint32_t i = 0; i < symbols.size(); ++i)
    if (const auto candidate = candidate_at(i)) start.push_back(*candidate);
  std::priority_queue<Candidate> heap({}, std::move(start));

  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    Symbol& left = symbols[best.at];
    if (left.token != best.left || left.next == kNone || symbols[left.next].token != best.right) continue;
    Symbol& right = symbols[left.next];
    left.token = best.result;
    left.next = right.next;
    right.token = -1;
    if (left.next != kNone) symbols[left.next].previous = best.at;
    if (const auto candidate = candidate_at(best.at)) heap.push(*candidate);
    if (left.previous == kNone) continue;
    if (const auto candidate = candidate_at(left.previous)) heap.push(*candidate);
  }
  out.resize(first);
  for (std::uint32_t at = 0; at != kNone; at = symbols[at].next) out.push_back(symbols[at].token);
}

}  // namespace xrouter::tokenizer
