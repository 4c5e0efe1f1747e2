// Keys and values of token sequences that may come again, found by their tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "xrouter/lm/language_model.hpp"

namespace xrouter::lm {

/// Sequences by their token ids, so a hit is never wrong: what is reused was computed from the very same tokens.
/// A beginning of a stored sequence is as good as the whole, so none is stored that begins another one. Bounded by
/// bytes; the one that was not used for longest goes first. What is taken out is a fork: throwing an entry away
/// does not touch requests that run on it. Not thread-safe.
class PrefixCache {
 public:
  PrefixCache(std::size_t max_bytes, std::int64_t bytes_per_token) : max_bytes_(max_bytes), bytes_per_token_(bytes_per_token) {}

  /// How many of the first tokens are stored; at most `limit`.
  int match(std::span<const TokenId> tokens, int limit) const;
  /// A fork of the longest stored beginning of at most `limit` tokens; null when there is none.
  std::unique_ptr<KvSequence> take(std::span<const TokenId> tokens, int limit);
  /// `sequence` holds exactly `tokens`, the first `shared` of which it got from take() and did not compute.
  void put(std::vector<TokenId> tokens, std::unique_ptr<KvSequence> sequence, int shared);
  void clear();

  bool enabled() const { return max_bytes_ > 0; }
  std::size_t size() const { return entries_.size(); }
  /// Memory of the keys and values, those shared by several entries counted once.
  std::size_t bytes() const { return static_cast<std::size_t>(own_tokens_ * bytes_per_token_); }

 private:
  struct Entry {
    std::unique_ptr<KvSequence> sequence;
    int shared = 0;
    std::uint64_t last_used = 0;
  };
  /// In the order of the tokens, so that the neighbours of a sequence share the most with it.
  using Entries = std::map<std::vector<TokenId>, Entry>;

  Entries::const_iterator best(std::span<const TokenId> tokens, int& length) const;
  std::int64_t cost(Entries::const_iterator entry) const;
  void erase(Entries::iterator entry);

  std::size_t max_bytes_;
  std::int64_t bytes_per_token_;
  Entries entries_;
  std::int64_t own_tokens_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace xrouter::lm
