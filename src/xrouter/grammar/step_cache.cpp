#include "xrouter/grammar/step_cache.hpp"

#include <algorithm>

namespace xrouter::grammar {
namespace {

constexpr std::size_t kMostPlaces = 512;  // 10 MB with 150,000 tokens

}  // namespace

std::shared_ptr<const Place> StepCache::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  found->second.used = ++clock_;
  return found->second.place;
}

void StepCache::add(const Key& key, std::shared_ptr<const Place> place) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMostPlaces) {  // half at once: looking for the oldest one each time would cost more than the place
    std::vector<std::uint64_t> ages;
    for (const auto& [each, entry] : entries_) ages.push_back(entry.used);
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::nth_element(ages.begin(), middle, ages.end());
    const std::uint64_t oldest_kept = *middle;
    std::erase_if(entries_, [&](const auto& each) { return each.second.used < oldest_kept; });
  }
  entries_[key] = {std::move(place), ++clock_};
}

}  // namespace xrouter::grammar
