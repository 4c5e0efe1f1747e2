#include "xrouter/rl/selection.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter::rl {
namespace {

GroupFacts group(std::uint64_t handle, int right, int wrong, double spread = 1, std::uint64_t drawn_at = 0) {
  return {.handle = handle, .drawn_at = drawn_at, .right = right, .wrong = wrong, .cost_spread = spread};
}

TEST(Selection, tells_groups_apart_by_verdicts_and_costs) {
  EXPECT_EQ(kind_of(group(0, 3, 1), 0.1), GroupKind::mixed);
  EXPECT_EQ(kind_of(group(0, 3, 1, 0), 0.1), GroupKind::mixed) << "mixed teaches whatever it cost";
  EXPECT_EQ(kind_of(group(0, 4, 0), 0.1), GroupKind::all_right);
  EXPECT_EQ(kind_of(group(0, 4, 0, 0.1), 0.1), GroupKind::tied);
  EXPECT_EQ(kind_of(group(0, 0, 4), 0.1), GroupKind::all_wrong);
  EXPECT_EQ(kind_of({.right = 1, .unscored = 7, .cost_spread = 5}, 0.1), GroupKind::unscored);
}

TEST(Selection, mixed_admission_is_that_of_dapo) {
  GroupBuffer buffer({.admission = Admission::mixed, .groups_per_step = 2});
  EXPECT_TRUE(buffer.offer(group(1, 1, 1)));
  EXPECT_FALSE(buffer.offer(group(2, 2, 0)));
  EXPECT_FALSE(buffer.offer(group(3, 0, 2)));
  EXPECT_FALSE(buffer.full());
}

TEST(Selection, quotas_bound_what_groups_of_one_verdict_may_fill) {
  GroupBuffer buffer({.admission = Admission::signal, .groups_per_step = 10, .all_right_quota = 0.3, .all_wrong_quota = 0.1});
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_TRUE(buffer.offer(group(i, 4, 0)));
  for (std::uint64_t i = 20; i < 30; ++i) EXPECT_TRUE(buffer.offer(group(i, 0, 4)));
  EXPECT_EQ(buffer.ready(), 4U);
  for (std::uint64_t i = 30; i < 36; ++i) EXPECT_TRUE(buffer.offer(group(i, 2, 2)));
  EXPECT_TRUE(buffer.full());
  EXPECT_EQ(buffer.take(), (std::vector<std::uint64_t>{17, 18, 19, 29, 30, 31, 32, 33, 34, 35}));
  EXPECT_EQ(buffer.entries().size(), 26U);
}

TEST(Selection, a_share_of_29_percent_of_100_groups_is_29_groups) {
  GroupBuffer buffer({.groups_per_step = 100, .all_right_quota = 0.29});
  for (std::uint64_t i = 0; i < 100; ++i) buffer.offer(group(i, 4, 0));
  EXPECT_EQ(buffer.ready(), 29U);
}

TEST(Selection, gives_what_there_is_when_the_step_cannot_be_filled) {
  GroupBuffer buffer({.groups_per_step = 8});
  buffer.offer(group(1, 1, 1));
  EXPECT_EQ(buffer.take(), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(buffer.take().empty());
}

TEST(Selection, surplus_waits_until_it_is_too_old) {
  GroupBuffer buffer({.groups_per_step = 1, .max_age = 2});
  buffer.offer(group(1, 1, 1, 1, 10));
  buffer.offer(group(2, 1, 1, 1, 11));
  EXPECT_TRUE(buffer.expire(12).empty());
  EXPECT_EQ(buffer.expire(13), std::vector<std::uint64_t>{1});
  EXPECT_EQ(buffer.take(), std::vector<std::uint64_t>{2});
}

TEST(Selection, the_newest_are_taken_first) {
  GroupBuffer buffer({.groups_per_step = 2});
  for (std::uint64_t handle = 1; handle <= 4; ++handle) EXPECT_TRUE(buffer.offer(group(handle, 1, 1, 1, handle)));
  EXPECT_EQ(buffer.take(), (std::vector<std::uint64_t>{3, 4}));
}

TEST(Selection, the_oldest_leave_first_when_there_are_too_many) {
  GroupBuffer buffer({.groups_per_step = 2, .capacity = 3});
  for (std::uint64_t i = 0; i < 5; ++i) buffer.offer(group(i, 1, 1));
  EXPECT_EQ(buffer.expire(0), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(buffer.entries().size(), 3U);
}

TEST(Selection, a_restored_buffer_takes_the_same_groups) {
  Rng rng(4);
  const SelectionOptions options{.groups_per_step = 6};
  GroupBuffer buffer(options);
  for (std::uint64_t step = 0; step < 200; ++step) {
    for (int i = 0; i < 5; ++i)
      buffer.offer(group(rng.next(), static_cast<int>(rng.below(3)), static_cast<int>(rng.below(3)), rng.uniform() / 50, step));
    GroupBuffer restored(options);
    restored.restore(buffer.entries());
    EXPECT_EQ(buffer.expire(step), restored.expire(step));
    EXPECT_EQ(buffer.take(), restored.take());
  }
}

TEST(SelectionOptions, must_have_room_for_a_step) {
  EXPECT_TRUE(check(SelectionOptions{}));
  EXPECT_FALSE(check(SelectionOptions{.groups_per_step = 300, .capacity = 256}));
  EXPECT_FALSE(check(SelectionOptions{.all_right_quota = 1.2}));
}

}  // namespace
}  // namespace xrouter::rl
