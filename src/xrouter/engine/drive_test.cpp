// The loop with its I/O ports scripted, on a fake clock.
#include "xrouter/engine/drive.hpp"

#include <gtest/gtest.h>

#include "xrouter/testing/fixtures.hpp"
#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter {
namespace {

using namespace std::chrono_literals;

class CountingObserver final : public EpisodeObserver {
 public:
  void on(const EpisodeEvent& event) override { kinds += "StPcfE"[event.index()]; }
  std::string kinds;  ///< S started, t turn started, P policy, c call started, f call finished, E ended
};

struct Ended {
  Outcome outcome;
  std::string events;
  Duration took;
};

Ended run(World& world, EpisodeSpec spec, ScriptedPolicy& policy, ScriptedPool& pool, CallScope& scope, DeltaSink* live = nullptr) {
  Episode episode(std::move(spec));
  CountingObserver observer;
  const TimePoint start = world.now();
  Outcome outcome = world.run(drive(episode, policy, pool, observer, scope, live));
  return {std::move(outcome), observer.kinds, world.now() - start};
}

struct Drive : testing::Test {
  World world;
  CallScope scope{world.executor(), world.timers(), Deadline::after(world.now(), 60s), "r1"};
  ScriptedPolicy policy;
  ScriptedPool pool;
};

ScriptedReply slow(std::string text, Duration delay) {
  ScriptedReply reply;
  reply.reply = text_reply(std::move(text), Usage{.prompt_tokens = 10, .completion_tokens = 5});
  reply.delay = delay;
  return reply;
}

TEST_F(Drive, runs_the_calls_of_a_turn_in_parallel_and_reports_every_event_once) {
  policy.then(calling({"cheap", "strong"})).then(selecting("c2"));
  pool.on("cheap", slow("a", 3s)).on("strong", slow("b", 5s));
  Ended result = run(world, two_model_spec(), policy, pool, scope);
  EXPECT_EQ(result.outcome.answer->text(), "b");
  EXPECT_EQ(result.took, 5s);
  EXPECT_EQ(pool.most_in_flight(), 2);
  EXPECT_EQ(result.events, "StPccfftPE");
}

TEST_F(Drive, keeps_the_deadline_and_settles_what_was_under_way) {
  policy.then(calling({"cheap", "strong"}));
  pool.on("cheap", slow("a", 10s)).on("strong", slow("b", 1h));
  EpisodeSpec spec = two_model_spec();
  Episode episode(spec);
  CountingObserver observer;
  const TimePoint start = world.now();
  Outcome outcome = world.run(drive(episode, policy, pool, observer, scope));
  EXPECT_EQ(world.now() - start, 60s);
  EXPECT_EQ(outcome.stop, StopReason::deadline);
  EXPECT_EQ(outcome.answer->text(), "a") << "a usable answer is better than none";
  EXPECT_EQ(episode.ledger().lines().size(), 2u);
  EXPECT_TRUE(episode.ledger().total().estimated);
  EXPECT_EQ(pool.in_flight(), 0);
}

TEST_F(Drive, a_client_that_leaves_ends_everything_and_the_money_is_booked) {
  policy.then(calling({"cheap"}));
  pool.on("cheap", slow("a", 10s));
  world.timers().schedule(world.now() + 2s, [&] { scope.cancel(); });
  Ended result = run(world, two_model_spec(), policy, pool, scope);
  EXPECT_EQ(result.outcome.stop, StopReason::cancelled);
  EXPECT_EQ(result.took, 2s);
  EXPECT_EQ(result.events, "StPcfE");
}

TEST_F(Drive, a_deadline_during_a_decision_ends_the_episode) {
  policy.then(calling({"cheap"}), 2h);
  Ended result = run(world, two_model_spec(), policy, pool, scope);
  EXPECT_EQ(result.outcome.error->kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(result.took, 60s);
}

TEST_F(Drive, a_scope_that_has_ended_makes_no_call) {
  scope.cancel();
  Ended result = run(world, two_model_spec(), policy, pool, scope);
  EXPECT_EQ(result.outcome.stop, StopReason::cancelled);
  EXPECT_TRUE(policy.seen().empty());
  EXPECT_EQ(result.events, "SE");
}

TEST_F(Drive, relays_a_committed_call_live_and_buffers_everything_else) {
  CollectingSink sink;
  policy.then(committing("cheap"));
  pool.on("cheap", "live");
  Ended live = run(world, two_model_spec(), policy, pool, scope, &sink);
  EXPECT_TRUE(live.outcome.relayed || !sink.deltas().empty());
  EXPECT_EQ(sink.text(), "live");

  CollectingSink untouched;
  policy.then(calling({"cheap"})).then(selecting("c1"));
  Ended buffered = run(world, two_model_spec(), policy, pool, scope, &untouched);
  EXPECT_FALSE(buffered.outcome.relayed);
  EXPECT_TRUE(untouched.deltas().empty());
}

std::string replay() {
  World world;
  CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), 60s), "r");
  ScriptedPolicy policy;
  ScriptedPool pool;
  policy.then(calling({"cheap", "strong", "cheap"})).then(calling({"strong"})).then(selecting("c2"));
  pool.on("cheap", slow("a", 3s)).on("cheap", scripted_failure(ErrorKind::upstream_invalid, 1s)).on("strong", slow("b", 2s));
  const Ended result = run(world, two_model_spec(), policy, pool, scope);
  return result.events + result.outcome.answer->text() + std::to_string(result.took.count());
}

TEST(DriveReplay, is_the_same_twice) { EXPECT_EQ(replay(), replay()); }

}  // namespace
}  // namespace xrouter
