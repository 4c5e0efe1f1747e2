#include "xrouter/lm/prefix_cache.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"

namespace xrouter::lm {
namespace {

int common_length(std::span<const TokenId> a, std::span<const TokenId> b) {
  return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

// In sorted order the longest common beginning is had with one of the two neighbours.
PrefixCache::Entries::const_iterator PrefixCache::best(std::span<const TokenId> tokens, int& length) const {
  length = 0;
  auto found = entries_.end();
  const auto consider = [&](Entries::const_iterator entry) {
    const int common = common_length(entry->first, tokens);
    if (common > length) length = common, found = entry;
  };
  const auto next = entries_.lower_bound(std::vector<TokenId>(tokens.begin(), tokens.end()));
  if (next != entries_.end()) consider(next);
  if (next != entries_.begin()) consider(std::prev(next));
  return found;
}

int PrefixCache::match(std::span<const TokenId> tokens, int limit) const {
  int length = 0;
  best(tokens, length);
  return std::min(length, limit);
}

std::unique_ptr<KvSequence> PrefixCache::take(std::span<const TokenId> tokens, int limit) {
  int length = 0;
  const auto found = best(tokens, length);
  length = std::min(length, limit);
  if (length <= 0) return nullptr;
  Entry& entry = entries_.find(found->first)->second;
  entry.last_used = ++uses_;
  return entry.sequence->fork(length);
}

// Tokens of an entry that are not counted with the one before it.
std::int64_t PrefixCache::cost(Entries::const_iterator entry) const {
  const auto own = static_cast<std::int64_t>(entry->first.size());
  if (entry == entries_.begin()) return own;
  return own - std::min(entry->second.shared, common_length(std::prev(entry)->first, entry->first));
}

void PrefixCache::erase(Entries::iterator entry) {
  const auto next = std::next(entry);
  own_tokens_ -= cost(entry) + (next == entries_.end() ? 0 : cost(next));
  entries_.erase(entry);
  if (next != entries_.end()) own_tokens_ += cost(next);
}

void PrefixCache::put(std::vector<TokenId> tokens, std::unique_ptr<KvSequence> sequence, int shared) {
  XROUTER_ASSERT(sequence->length() == static_cast<int>(tokens.size()), "an entry's key is what its sequence holds");
  if (!enabled() || tokens.empty()) return;
  const auto next = entries_.lower_bound(tokens);
  if (next != entries_.end() && common_length(next->first, tokens) == static_cast<int>(tokens.size())) {
    next->second.last_used = ++uses_;
    return;
  }
  // Entries that the new one continues stand directly before it.
  while (true) {
    const auto after = entries_.lower_bound(tokens);
    if (after == entries_.begin()) break;
    const auto before = std::prev(after);
    if (common_length(before->first, tokens) != static_cast<int>(before->first.size())) break;
    erase(before);
  }
  const auto following = entries_.lower_bound(tokens);
  if (following != entries_.end()) own_tokens_ -= cost(following);
  const auto added = entries_.emplace(std::move(tokens), Entry{std::move(sequence), shared, ++uses_}).first;
  own_tokens_ += cost(added);
  if (following != entries_.end()) own_tokens_ += cost(following);

  while (bytes() > max_bytes_) {
    erase(std::min_element(entries_.begin(), entries_.end(),
                           [](const auto& a, const auto& b) { return a.second.last_used < b.second.last_used; }));
  }
}

void PrefixCache::clear() {
  entries_.clear();
  own_tokens_ = 0;
}

}  // namespace xrouter::lm
