// What comes next at a place in a grammar, worked out once for all matchers that come by.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "xrouter/grammar/canonical.hpp"

namespace xrouter::grammar {

/// Either ways, or a mask.
struct Place {
  std::shared_ptr<const CanonicalTrie> ways;
  TokenMask mask;
  std::vector<TokenId> few;  ///< the mask's only token, if it has but one
  bool may_end = false;
};

/// Thread-safe; forgets what was not used for long.
class StepCache {
 public:
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  std::shared_ptr<const Place> find(const Key& key);
  void add(const Key& key, std::shared_ptr<const Place> place);

 private:
  struct Entry {
    std::shared_ptr<const Place> place;
    std::uint64_t used = 0;
  };
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::uint64_t clock_ = 0;
};

}  // namespace xrouter::grammar
