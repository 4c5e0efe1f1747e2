// Grammars of requests that come again: the same tools are offered many times.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/grammar.hpp"

namespace xrouter::host {

/// Keeps the most recently used. One worker's.
class GrammarCache {
 public:
  using Shared = std::shared_ptr<const grammar::Grammar>;
  GrammarCache() = default;
  explicit GrammarCache(std::size_t capacity) : capacity_(capacity) {}

  /// What was made for `key` before, else what `make` gives. Errors are not kept.
  Result<Shared> get(const std::string& key, const std::function<Result<Shared>()>& make) {
    if (const auto known = index_.find(key); known != index_.end()) {
      entries_.splice(entries_.begin(), entries_, known->second);
      return known->second->second;
    }
    auto made = make();
    if (!made) return made;
    if (entries_.size() >= capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, *made);
    index_[key] = entries_.begin();
    return made;
  }
  std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::size_t kUsualCapacity = 64;
  std::size_t capacity_ = kUsualCapacity;
  std::list<std::pair<std::string, Shared>> entries_;  // newest first
  std::unordered_map<std::string, std::list<std::pair<std::string, Shared>>::iterator> index_;
};

}  // namespace xrouter::host
