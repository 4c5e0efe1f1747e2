#include "xrouter/store/quiet_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace xrouter::store {
namespace {

constexpr Duration kLong = std::chrono::minutes(1);

TEST(QuietThread, runs_one_job_after_the_other_and_shows_what_they_did) {
  int sum = 0;
  QuietThread thread;
  for (int i = 1; i <= 100; ++i) {
    thread.start([&sum, i] { sum += i; });
    ASSERT_TRUE(thread.wait_for(kLong));
  }
  EXPECT_EQ(sum, 5050);
}

TEST(QuietThread, says_that_a_job_is_not_done_yet) {
  std::atomic<bool> go{false};
  QuietThread thread;
  EXPECT_TRUE(thread.wait_for(Duration::zero())) << "there is none";
  thread.start([&go] { go.wait(false); });
  EXPECT_FALSE(thread.wait_for(Duration::zero()));
  go = true;
  go.notify_one();
  EXPECT_TRUE(thread.wait_for(kLong));
}

TEST(QuietThread, ends_after_the_job_under_way) {
  bool done = false;
  {
    QuietThread thread;
    thread.start([&done] { done = true; });
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace xrouter::store
