#include <gtest/gtest.h>

#include "xrouter/async/call_scope.hpp"
#include "xrouter/async/join.hpp"
#include "xrouter/async/sleep.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

CallScope root(World& world, Duration timeout) {
  return CallScope(world.executor(), world.timers(), Deadline::after(world.now(), timeout), "test");
}

TEST(Sleep, ends_on_time_without_waiting_for_it) {
  World world;
  CallScope scope = root(world, 10s);
  const TimePoint start = world.now();
  EXPECT_TRUE(world.run(sleep_for(3s, scope)));
  EXPECT_EQ(world.now() - start, 3s);
}

TEST(Sleep, stops_at_the_scopes_deadline) {
  World world;
  CallScope scope = root(world, 2s);
  auto slept = world.run(sleep_for(1h, scope));
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_TRUE(world.timers().idle()) << "the sleeper's own timer is gone";
}

TEST(CallScope, a_child_ends_with_its_own_limit_and_leaves_the_parent_alone) {
  World world;
  CallScope parent = root(world, 10s);
  {
    CallScope child(parent, 1s, "a1");
    EXPECT_EQ(child.name(), "test/a1");
    auto slept = world.run(sleep_for(5s, child));
    ASSERT_FALSE(slept);
    EXPECT_EQ(slept.error().kind, ErrorKind::attempt_timeout);
  }
  EXPECT_FALSE(parent.ended());
}

TEST(CallScope, a_child_never_out_waits_its_parent) {
  World world;
  CallScope parent = root(world, 1s);
  CallScope child(parent, 1h, "a1");
  EXPECT_EQ(child.deadline(), parent.deadline());
  auto slept = world.run(sleep_for(5s, child));
  EXPECT_EQ(slept.error().kind, ErrorKind::deadline_exceeded);
}

TEST(CallScope, cancelling_a_parent_ends_every_operation_below) {
  World world;
  CallScope parent = root(world, 1h);
  CallScope left(parent, std::nullopt, "c1"), right(parent, 30min, "c2");
  world.timers().schedule(world.now() + 5s, [&] { parent.cancel(); });
  std::vector<awaitable<Result<void>>> both;
  both.push_back(sleep_for(20min, left));
  both.push_back(sleep_for(10min, right));
  auto results = world.run(join_all(world.executor(), std::move(both)));
  for (const auto& result : results) EXPECT_EQ(result.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(world.now() - FakeClock::kStart, 5s);
}

TEST(CallScope, a_child_of_an_ended_scope_is_born_ended) {
  World world;
  CallScope parent = root(world, 1h);
  parent.cancel();
  CallScope child(parent, 1s, "late");
  EXPECT_TRUE(child.ended());
  EXPECT_EQ(world.run(sleep_for(1s, child)).error().kind, ErrorKind::cancelled);
}

awaitable<int> after(Duration delay, int value, CallScope& scope) {
  auto slept = co_await sleep_for(delay, scope);
  co_return slept ? value : -1;
}

TEST(JoinAll, runs_together_and_keeps_the_order) {
  World world;
  CallScope scope = root(world, 1h);
  std::vector<awaitable<int>> all;
  all.push_back(after(3s, 1, scope));
  all.push_back(after(1s, 2, scope));
  all.push_back(after(2s, 3, scope));
  const TimePoint start = world.now();
  EXPECT_EQ(world.run(join_all(world.executor(), std::move(all))), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(world.now() - start, 3s) << "as long as the longest, not the sum";
}

awaitable<int> explode() {
  throw std::runtime_error("bug");
  co_return 0;
}

TEST(JoinAll, an_exception_surfaces_after_all_have_ended) {
  World world;
  CallScope scope = root(world, 1h);
  std::vector<awaitable<int>> all;
  all.push_back(explode());
  all.push_back(after(1s, 2, scope));
  EXPECT_THROW(world.run(join_all(world.executor(), std::move(all))), std::runtime_error);
  EXPECT_EQ(world.now() - FakeClock::kStart, 1s);
}

TEST(AsioTimers, real_timers_fire_and_cancel) {
  boost::asio::io_context io;
  AsioTimers timers(io);
  int fired = 0;
  timers.schedule(system_clock().now(), [&] { ++fired; });
  auto cancelled = timers.schedule(system_clock().now(), [&] { fired += 100; });
  timers.cancel(cancelled);
  io.run();
  EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace xrouter
