#include "xrouter/grammar/schema/char_set.hpp"

#include <algorithm>

namespace xrouter::grammar {
namespace {

constexpr std::uint32_t kLast = 0x10ffff;
constexpr std::uint32_t kFirstSurrogate = 0xd800;
constexpr std::uint32_t kLastSurrogate = 0xdfff;

}  // namespace

CharSet CharSet::all() { return of(0, kLast); }

CharSet CharSet::of(std::uint32_t first, std::uint32_t last) {
  CharSet set;
  set.add(first, last);
  return set;
}

void CharSet::add(std::uint32_t first, std::uint32_t last) {
  if (first <= kLastSurrogate && last >= kFirstSurrogate) {
    if (first < kFirstSurrogate) add(first, kFirstSurrogate - 1);
    if (last > kLastSurrogate) add(kLastSurrogate + 1, last);
    return;
  }
  // Everything that it touches becomes one range.
  const auto begins_before = [&](const Range& range) { return range.second + 1 < first; };
  const auto from = std::ranges::find_if_not(ranges_, begins_before);
  auto to = from;
  for (; to != ranges_.end() && to->first <= last + 1; ++to) {
    first = std::min(first, to->first);
    last = std::max(last, to->second);
  }
  ranges_.insert(ranges_.erase(from, to), {first, last});
}

void CharSet::add(const CharSet& other) {
  for (const auto& [first, last] : other.ranges_) add(first, last);
}

CharSet CharSet::opposite() const {
  CharSet set;
  std::uint32_t next = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > next) set.add(next, first - 1);
    next = last + 1;
  }
  if (next <= kLast) set.add(next, kLast);
  return set;
}

CharSet CharSet::within(const CharSet& other) const {
  CharSet set = opposite();
  set.add(other.opposite());
  return set.opposite();
}

bool CharSet::has(std::uint32_t character) const {
  return std::ranges::any_of(ranges_, [&](const Range& range) { return character >= range.first && character <= range.second; });
}

}  // namespace xrouter::grammar
