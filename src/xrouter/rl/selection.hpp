// Which groups of rollouts teach something, and what becomes of more of them than a step needs. Looks at verdicts and
// costs, never at shaped rewards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::rl {

enum class Admission {
  all,     ///< every group with two scored members
  mixed,   ///< some right, some wrong (DAPO)
  signal,  ///< mixed, and quotas of groups that are all right or all wrong but differ in cost
};

struct SelectionOptions {
  Admission admission = Admission::signal;
  int groups_per_step = 64;
  double all_right_quota = 0.5;  ///< share of a step's groups
  double all_wrong_quota = 0.1;  ///< share; they teach by the failure cost alone
  double cost_spread = 0.01;     ///< of normalised cost, largest minus smallest, that a group must exceed
  int max_age = 2;               ///< steps that a surplus group may wait
  int capacity = 256;            ///< surplus groups
};

/// Errors: config.
Result<void> check(const SelectionOptions& options);

/// A group as the rules see it.
struct GroupFacts {
  std::uint64_t handle = 0;    ///< of the caller
  std::uint64_t drawn_at = 0;  ///< step that sampled it
  int right = 0, wrong = 0, unscored = 0;
  double cost_spread = 0;  ///< normalised, over the scored members
};

enum class GroupKind {
  mixed,
  all_right,
  all_wrong,
  tied,      ///< all right or all wrong, for the same cost
  unscored,  ///< fewer than two members are scored
};
std::string_view to_text(GroupKind kind);
GroupKind kind_of(const GroupFacts& facts, double cost_spread);
bool admitted(Admission admission, GroupKind kind);

/// Admitted groups that wait for a step. Deterministic: the same offers in the same order give the same steps. Its whole
/// state is entries().
class GroupBuffer {
 public:
  explicit GroupBuffer(SelectionOptions options) : options_(options) {}

  /// False: not admitted, the group may be forgotten.
  bool offer(const GroupFacts& facts);
  /// Forgets groups that are too old for step `now`, and the oldest beyond the capacity; their handles.
  std::vector<std::uint64_t> expire(std::uint64_t now);
  /// Groups that take() would give.
  std::size_t ready() const;
  bool full() const { return ready() >= static_cast<std::size_t>(options_.groups_per_step); }
  /// Oldest first, within the quotas. Fewer than a step's when there are no more.
  std::vector<std::uint64_t> take();

  const std::vector<GroupFacts>& entries() const { return entries_; }
  void restore(std::vector<GroupFacts> entries) { entries_ = std::move(entries); }

 private:
  std::vector<std::size_t> chosen() const;
  SelectionOptions options_;
  std::vector<GroupFacts> entries_;  // in the order of offers
};

}  // namespace xrouter::rl
