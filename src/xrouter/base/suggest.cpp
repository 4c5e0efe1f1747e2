#include "xrouter/base/suggest.hpp"

#include <algorithm>
#include <vector>

namespace xrouter {
namespace {

// Longer names are not typing slips of ours, and the distance is quadratic.
constexpr std::size_t kMaxLength = 80;

/// Edits from one text to the other: insert, delete, replace, swap of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::move(last);
    last = std::move(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view wrong, std::span<const std::string> candidates) {
  if (wrong.empty() || wrong.size() > kMaxLength) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    const bool unit_left_off = wrong.size() >= 3 && candidate.starts_with(std::string(wrong) + "_");
    const std::size_t distance = unit_left_off ? 1 : edit_distance(wrong, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string> candidates) {
  const std::string best = nearest(wrong, candidates);
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

}  // namespace xrouter
