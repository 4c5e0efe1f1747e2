#include "xrouter/grade/live/difflib.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace xrouter::grade::live {
namespace {

using follow::TextView;

struct Area {
  std::size_t a_begin, a_end, b_begin, b_end;
};

struct Block {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t size = 0;
};

/// Where each character stands in the second text. Of 200 characters and more, those that make up over one per cent
/// are left out: difflib's autojunk.
class Places {
 public:
  explicit Places(TextView b) {
    for (std::uint32_t at = 0; at < b.size(); ++at) places_[b[at]].push_back(at);
    if (b.size() < 200) return;
    const std::size_t most = b.size() / 100 + 1;
    std::erase_if(places_, [most](const auto& entry) { return entry.second.size() > most; });
  }

  std::span<const std::uint32_t> of(char32_t c, std::size_t begin, std::size_t end) const {
    const auto found = places_.find(c);
    if (found == places_.end()) return {};
    const auto first = std::ranges::lower_bound(found->second, begin);
    const auto last = std::lower_bound(first, found->second.end(), end);
    return {first, last};
  }

 private:
  std::unordered_map<char32_t, std::vector<std::uint32_t>> places_;
};

class Matcher {
 public:
  Matcher(TextView a, TextView b, const Places& places, Steps& steps)
      : a_(a), b_(b), places_(places), steps_(steps), run_(b.size() + 1), next_run_(b.size() + 1) {}

  std::optional<std::size_t> matching() {
    std::size_t total = 0;
    std::vector<Area> areas{{0, a_.size(), 0, b_.size()}};
    while (!areas.empty()) {
      const Area area = areas.back();
      areas.pop_back();
      const Block block = longest(area);
      if (steps_.left == 0) return std::nullopt;
      if (block.size == 0) continue;
      total += block.size;
      if (area.a_begin < block.a && area.b_begin < block.b) areas.push_back({area.a_begin, block.a, area.b_begin, block.b});
      const std::size_t a_next = block.a + block.size;
      const std::size_t b_next = block.b + block.size;
      if (a_next < area.a_end && b_next < area.b_end) areas.push_back({a_next, area.a_end, b_next, area.b_end});
    }
    return total;
  }

 private:
  void spend(std::size_t steps) { steps_.left -= std::min<std::uint64_t>(steps_.left, steps); }

  // run_[j + 1]: length of the common run that ends at the last character of the first text and b_[j].
  Block longest(const Area& area) {
    Block best{area.a_begin, area.b_begin, 0};
    std::vector<std::uint32_t> touched, touched_next;
    for (std::size_t i = area.a_begin; i < area.a_end && steps_.left > 0; ++i) {
      const auto places = places_.of(a_[i], area.b_begin, area.b_end);
      spend(places.size() + 1);
      for (const std::uint32_t j : places) {
        const std::uint32_t length = run_[j] + 1;
        next_run_[j + 1] = length;
        touched_next.push_back(j + 1);
        if (length > best.size) best = {i + 1 - length, j + 1 - length, length};
      }
      for (const std::uint32_t at : touched) run_[at] = 0;
      run_.swap(next_run_);
      touched.swap(touched_next);
      touched_next.clear();
    }
    for (const std::uint32_t at : touched) run_[at] = 0;
    return extended(best, area);
  }

  // Characters left out as junk may still lengthen a match.
  Block extended(Block block, const Area& area) const {
    while (block.a > area.a_begin && block.b > area.b_begin && a_[block.a - 1] == b_[block.b - 1]) --block.a, --block.b, ++block.size;
    while (block.a + block.size < area.a_end && block.b + block.size < area.b_end && a_[block.a + block.size] == b_[block.b + block.size])
      ++block.size;
    return block;
  }

  TextView a_;
  TextView b_;
  const Places& places_;
  Steps& steps_;
  std::vector<std::uint32_t> run_;
  std::vector<std::uint32_t> next_run_;
};

std::optional<double> ratio(TextView a, TextView b, const Places& places, Steps& steps) {
  if (a.empty() && b.empty()) return 1.0;
  const auto matching = Matcher(a, b, places, steps).matching();
  if (!matching) return std::nullopt;
  return 2.0 * static_cast<double>(*matching) / static_cast<double>(a.size() + b.size());
}

}  // namespace

std::optional<double> similarity(TextView a, TextView b, Steps& steps) { return ratio(a, b, Places(b), steps); }

std::optional<std::size_t> closest(TextView word, std::span<const TextView> choices, Steps& steps) {
  const Places places(word);
  std::size_t best = 0;
  double best_ratio = -1;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto alike = ratio(choices[i], word, places, steps);
    if (!alike) return std::nullopt;
    if (*alike < best_ratio || (*alike == best_ratio && choices[i] <= choices[best])) continue;
    best = i;
    best_ratio = *alike;
  }
  return best;
}

}  // namespace xrouter::grade::live
