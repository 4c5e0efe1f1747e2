#include "xrouter/grammar/vocabulary.hpp"

#include <algorithm>

namespace xrouter::grammar {
namespace {

// A table costs about a megabyte with 150,000 tokens; strings and plain text need a dozen of them.
constexpr std::size_t kMostTables = 64;
constexpr std::size_t kMostMasks = 32;         // of one table
constexpr std::size_t kFewTokens = 20'000;     // to look at one by one rather than to sort them all
constexpr std::size_t kMostTokenBytes = 1024;  // longer tokens are runs of blanks at best

}  // namespace

std::shared_ptr<const Vocabulary> Vocabulary::make(std::shared_ptr<const tokenizer::Tokenizer> tokenizer, std::vector<TokenId> end_tokens) {
  return std::make_shared<const VocabularyIndex>(std::move(tokenizer), std::move(end_tokens));
}

VocabularyIndex::VocabularyIndex(std::shared_ptr<const tokenizer::Tokenizer> tokenizer, std::vector<TokenId> end_tokens)
    : tokenizer_(std::move(tokenizer)), end_tokens_(std::move(end_tokens)) {
  build();
}

bool VocabularyIndex::is_end(TokenId id) const { return std::ranges::find(end_tokens_, id) != end_tokens_.end(); }

void VocabularyIndex::build() {
  const auto size = tokenizer_->size();
  twins_.assign(size, -1);
  in_trie_.assign(size, false);
  std::vector<std::pair<std::string_view, TokenId>> tokens;
  for (std::size_t i = 0; i < size; ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::string_view bytes = tokenizer_->bytes_of(id);
    if (bytes.empty() || bytes.size() > kMostTokenBytes || tokenizer_->is_special(id) || is_end(id)) continue;
    tokens.emplace_back(bytes, id);
    in_trie_[i] = true;
    longest_ = std::max(longest_, static_cast<int>(bytes.size()));
  }
  std::ranges::sort(tokens);
  index_lengths(tokens);

  nodes_.push_back({});
  std::vector<std::int32_t> path = {0};  // nodes from the root to the last one
  const auto close_down_to = [&](std::size_t depth) {
    for (; path.size() > depth + 1; path.pop_back()) nodes_[static_cast<std::size_t>(path.back())].end = static_cast<std::int32_t>(nodes_.size());
  };
  std::string_view before;
  for (const auto& [bytes, id] : tokens) {
    const auto differ = std::ranges::mismatch(before, bytes);
    const auto shared = static_cast<std::size_t>(differ.in1 - before.begin());
    close_down_to(shared);
    for (std::size_t i = shared; i < bytes.size(); ++i) {
      path.push_back(static_cast<std::int32_t>(nodes_.size()));
      nodes_.push_back({.byte = static_cast<std::uint8_t>(bytes[i]), .depth = static_cast<std::uint16_t>(i + 1), .sample = id});
    }
    TrieNode& last = nodes_[static_cast<std::size_t>(path.back())];
    if (last.token >= 0) twins_[static_cast<std::size_t>(id)] = last.token;
    last.token = id;
    before = bytes;
  }
  close_down_to(0);
  nodes_[0].end = static_cast<std::int32_t>(nodes_.size());

  children_of_root_.fill(-1);
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    by_byte_[nodes_[i].byte].push_back(static_cast<std::int32_t>(i));
    if (nodes_[i].depth == 1) children_of_root_[nodes_[i].byte] = static_cast<std::int32_t>(i);
  }
}

void VocabularyIndex::index_lengths(const std::vector<std::pair<std::string_view, TokenId>>& tokens) {
  longer_.assign(static_cast<std::size_t>(longest_) + 1, 0);
  for (const auto& [bytes, id] : tokens)
    for (std::size_t length = 0; length < bytes.size(); ++length) ++longer_[length];
  std::vector<std::int32_t> place = longer_;  // tokens of length n + 1 lie before those of length n
  by_length_.resize(tokens.size());
  for (const auto& [bytes, id] : tokens) by_length_[static_cast<std::size_t>(place[bytes.size()]++)] = id;
}

std::span<const TokenId> VocabularyIndex::longer_than(int bytes) const {
  if (bytes >= longest_) return {};
  return std::span(by_length_).first(static_cast<std::size_t>(longer_[static_cast<std::size_t>(std::max(bytes, 0))]));
}

int VocabularyIndex::child(int node, std::uint8_t byte) const {
  if (node == 0) return children_of_root_[byte];
  const std::int32_t end = nodes_[static_cast<std::size_t>(node)].end;
  for (std::int32_t at = node + 1; at < end; at = nodes_[static_cast<std::size_t>(at)].end)
    if (nodes_[static_cast<std::size_t>(at)].byte == byte) return at;
  return -1;
}

void VocabularyIndex::allow(int node, TokenMask& mask) const {
  for (TokenId id = nodes_[static_cast<std::size_t>(node)].token; id >= 0; id = twins_[static_cast<std::size_t>(id)])
    mask.words[static_cast<std::size_t>(id) / 64] |= std::uint64_t{1} << (id % 64);
}

std::shared_ptr<ScanTable> VocabularyIndex::table(const Dfa& dfa, int state) const {
  const TableKey key{{dfa.fingerprint[0], dfa.fingerprint[1]}, state};
  {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(key);
    if (found != tables_.end()) {
      found->second.used = ++clock_;
      return found->second.table;
    }
  }
  auto made = std::make_shared<ScanTable>(dfa, state, *this);
  const std::lock_guard lock(mutex_);
  if (tables_.size() >= kMostTables) tables_.erase(std::ranges::min_element(tables_, {}, [](const auto& entry) { return entry.second.used; }));
  tables_[key] = {made, ++clock_};
  return made;
}

ScanTable::ScanTable(const Dfa& dfa, int state, const VocabularyIndex& vocabulary)
    : state_(state), words_(vocabulary.mask_words()), enough_(vocabulary.longest() + dfa.most_need) {
  const std::vector<TrieNode>& nodes = vocabulary.nodes();
  std::vector<std::int32_t> path(static_cast<std::size_t>(vocabulary.longest()) + 1);
  path[0] = state;
  auto mask = std::make_shared<TokenMask>();
  mask->words.assign(words_, 0);
  for (std::size_t i = 1; i < nodes.size();) {
    const TrieNode& node = nodes[i];
    const int to = dfa.step(path[node.depth - 1U], node.byte);
    if (to == Dfa::kDead) {
      i = static_cast<std::size_t>(node.end);
      continue;
    }
    path[node.depth] = to;
    if (node.token >= 0) vocabulary.allow(static_cast<int>(i), *mask);
    ++i;
  }
  all_ = std::move(mask);
}

void ScanTable::sort(const Dfa& dfa, const VocabularyIndex& vocabulary) {
  const std::vector<TrieNode>& nodes = vocabulary.nodes();
  struct At {
    std::int32_t state;
    std::int32_t spent;
  };
  std::vector<At> path(static_cast<std::size_t>(vocabulary.longest()) + 1);
  path[0] = {state_, 0};
  std::vector<std::pair<std::int32_t, TokenId>> found;
  for (std::size_t i = 1; i < nodes.size();) {
    const TrieNode& node = nodes[i];
    const At from = path[node.depth - 1U];
    const int to = dfa.step(from.state, node.byte);
    if (to == Dfa::kDead) {
      i = static_cast<std::size_t>(node.end);
      continue;
    }
    const std::int32_t spent = from.spent + dfa.cost[static_cast<std::size_t>(from.state)];
    path[node.depth] = {to, spent};
    for (TokenId id = node.token; id >= 0; id = vocabulary.twin_of(id)) found.emplace_back(spent + dfa.need[static_cast<std::size_t>(to)], id);
    ++i;
  }
  first_.assign(static_cast<std::size_t>(enough_) + 2, 0);
  for (const auto& [needed, id] : found) ++first_[static_cast<std::size_t>(needed) + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  std::vector<std::int32_t> place(first_.begin(), first_.end() - 1);
  tokens_.resize(found.size());
  for (const auto& [needed, id] : found) tokens_[static_cast<std::size_t>(place[static_cast<std::size_t>(needed)]++)] = id;
  sorted_ = true;
}

TokenMask ScanTable::without_too_long(int room, std::span<const TokenId> candidates, const Dfa& dfa, const VocabularyIndex& vocabulary) const {
  TokenMask mask = *all_;
  for (const TokenId id : candidates) {
    if (!mask.allows(id)) continue;
    int state = state_;
    int spent = 0;
    for (const char c : vocabulary.tokenizer().bytes_of(id)) {
      spent += dfa.cost[static_cast<std::size_t>(state)];
      state = dfa.step(state, static_cast<std::uint8_t>(c));
    }
    if (spent + dfa.need[static_cast<std::size_t>(state)] > room) mask.words[static_cast<std::size_t>(id) / 64] &= ~(std::uint64_t{1} << (id % 64));
  }
  return mask;
}

std::shared_ptr<const TokenMask> ScanTable::within(int room, const Dfa& dfa, const VocabularyIndex& vocabulary) {
  if (room >= enough_) return all_;
  const std::lock_guard lock(mutex_);
  if (masks_.size() >= kMostMasks) masks_.clear();
  auto& mask = masks_[room];
  if (mask) return mask;
  const auto candidates = vocabulary.longer_than(room - dfa.most_need);
  if (!sorted_ && candidates.size() <= kFewTokens) {
    mask = std::make_shared<const TokenMask>(without_too_long(room, candidates, dfa, vocabulary));
    return mask;
  }
  if (!sorted_) sort(dfa, vocabulary);
  auto made = std::make_shared<TokenMask>();
  made->words.assign(words_, 0);
  const auto last = room < 0 ? 0 : static_cast<std::size_t>(first_[static_cast<std::size_t>(room) + 1]);
  for (std::size_t i = 0; i < last; ++i)
    made->words[static_cast<std::size_t>(tokens_[i]) / 64] |= std::uint64_t{1} << (tokens_[i] % 64);
  mask = std::move(made);
  return mask;
}

}  // namespace xrouter::grammar
