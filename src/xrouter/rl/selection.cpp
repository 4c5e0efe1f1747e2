#include "xrouter/rl/selection.hpp"

#include <algorithm>

#include "xrouter/rl/options_check.hpp"

namespace xrouter::rl {
namespace {

// Rounded down, but 0.29 of 100 is 29.
std::size_t groups_of(double share, int groups) { return static_cast<std::size_t>(share * groups + 1e-9); }

}  // namespace

Result<void> check(const SelectionOptions& options) {
  return all_kept({
      {options.groups_per_step > 0, "selection.groups: must be above 0"},
      {is_share(options.all_right_quota), "selection.all_right_quota: must be between 0 and 1"},
      {is_share(options.all_wrong_quota), "selection.all_wrong_quota: must be between 0 and 1"},
      {is_amount(options.cost_spread), "selection.cost_spread: must be at least 0"},
      {options.max_age >= 0, "selection.max_age: must be at least 0"},
      {options.capacity >= options.groups_per_step, "selection.capacity: must be at least selection.groups"},
  });
}

std::string_view to_text(GroupKind kind) {
  switch (kind) {
    case GroupKind::mixed:
      return "mixed";
    case GroupKind::all_right:
      return "all_right";
    case GroupKind::all_wrong:
      return "all_wrong";
    case GroupKind::tied:
      return "tied";
    case GroupKind::unscored:
      return "unscored";
  }
  return "unscored";
}

GroupKind kind_of(const GroupFacts& facts, double cost_spread) {
  if (facts.right + facts.wrong < 2) return GroupKind::unscored;
  if (facts.right > 0 && facts.wrong > 0) return GroupKind::mixed;
  if (facts.cost_spread <= cost_spread) return GroupKind::tied;
  return facts.right > 0 ? GroupKind::all_right : GroupKind::all_wrong;
}

bool admitted(Admission admission, GroupKind kind) {
  if (kind == GroupKind::unscored) return false;
  if (admission == Admission::all || kind == GroupKind::mixed) return true;
  return admission == Admission::signal && kind != GroupKind::tied;
}

bool GroupBuffer::offer(const GroupFacts& facts) {
  if (!admitted(options_.admission, kind_of(facts, options_.cost_spread))) return false;
  entries_.push_back(facts);
  return true;
}

std::vector<std::uint64_t> GroupBuffer::expire(std::uint64_t now) {
  std::vector<std::uint64_t> gone;
  const auto forget = [&](const GroupFacts& facts) { gone.push_back(facts.handle); };
  std::vector<GroupFacts> kept;
  for (const GroupFacts& facts : entries_) {
    const bool old = facts.drawn_at + static_cast<std::uint64_t>(options_.max_age) < now;
    old ? forget(facts) : kept.push_back(facts);
  }
  const auto capacity = static_cast<std::size_t>(options_.capacity);
  const std::size_t surplus = kept.size() > capacity ? kept.size() - capacity : 0;
  std::for_each(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(surplus), forget);
  kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(surplus));
  entries_ = std::move(kept);
  return gone;
}

// The newest first: what the policy of now drew teaches more than what an older one drew, and taking the oldest would
// keep everything that is used as old as it may be.
std::vector<std::size_t> GroupBuffer::chosen() const {
  const auto wanted = static_cast<std::size_t>(options_.groups_per_step);
  const bool quotas = options_.admission == Admission::signal;
  std::size_t right_left = groups_of(options_.all_right_quota, options_.groups_per_step);
  std::size_t wrong_left = groups_of(options_.all_wrong_quota, options_.groups_per_step);
  std::vector<std::size_t> made;
  for (std::size_t i = entries_.size(); i-- > 0 && made.size() < wanted;) {
    const GroupKind kind = kind_of(entries_[i], options_.cost_spread);
    if (quotas && kind != GroupKind::mixed) {
      std::size_t& left = kind == GroupKind::all_right ? right_left : wrong_left;
      if (left == 0) continue;
      --left;
    }
    made.push_back(i);
  }
  std::reverse(made.begin(), made.end());
  return made;
}

std::size_t GroupBuffer::ready() const { return chosen().size(); }

std::vector<std::uint64_t> GroupBuffer::take() {
  std::vector<std::uint64_t> handles;
  std::vector<GroupFacts> kept;
  const std::vector<std::size_t> chosen_ones = chosen();
  std::size_t next = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (next < chosen_ones.size() && chosen_ones[next] == i) {
      handles.push_back(entries_[i].handle);
      ++next;
    } else {
      kept.push_back(entries_[i]);
    }
  }
  entries_ = std::move(kept);
  return handles;
}

}  // namespace xrouter::rl
