#include "xrouter/testing/scripted.hpp"

#include <gtest/gtest.h>

#include "xrouter/testing/world.hpp"

namespace xrouter {
namespace {

using namespace std::chrono_literals;

struct Bench {
  World world;
  ModelSpec model;
  ScriptedPool pool;
  CollectingSink sink;
  Bench() {
    model.id = ModelId("m");
    model.price = {.input = Usd::from_pico(1'000'000), .output = Usd::from_pico(2'000'000)};
  }
  ModelReply call(Duration timeout, DeltaSink* live = nullptr) {
    ModelCall call{.id = CallId("c1"), .turn = 1, .model = &model, .request = {}};
    CallScope scope(world.executor(), world.timers(), Deadline::after(world.now(), timeout), "test");
    return world.run(pool.call(call, scope, live));
  }
};

TEST(ScriptedPool, answers_in_the_order_of_the_script_and_bills_the_usage) {
  Bench bench;
  bench.pool.on("m", "one").on("m", scripted_failure(ErrorKind::overloaded));
  ModelReply first = bench.call(1s);
  EXPECT_EQ(first.reply->text(), "one");
  EXPECT_EQ(first.attempts.at(0).cost.total(), Usd::from_pico(10 * 1'000'000 + 5 * 2'000'000));
  EXPECT_EQ(bench.call(1s).reply.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(bench.call(1s).reply->text(), "ok") << "beyond the script";
}

TEST(ScriptedPool, a_call_cut_by_its_scope_reports_the_scopes_error_and_an_estimate) {
  Bench bench;
  ScriptedReply slow;
  slow.delay = 5s;
  bench.pool.on("m", slow);
  ModelReply reply = bench.call(1s);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::estimated);
  EXPECT_EQ(bench.pool.in_flight(), 0);
}

TEST(ScriptedPool, a_stream_can_break_after_its_first_delta) {
  Bench bench;
  ScriptedReply broken;
  broken.cut = ErrorKind::stream_interrupted;
  bench.pool.on("m", broken);
  ModelReply reply = bench.call(1s, &bench.sink);
  EXPECT_TRUE(reply.relayed);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::stream_interrupted);
  EXPECT_EQ(bench.sink.text(), "ok");
}

TEST(ScriptedPolicy, fails_when_the_script_is_over) {
  World world;
  ScriptedPolicy policy;
  policy.then(answering("hello"));
  EpisodeSpec spec;
  Transcript transcript;
  DecisionPrompt prompt{.spec = spec, .transcript = transcript};
  CallScope scope(world.executor(), world.timers(), Deadline::never(), "test");
  EXPECT_EQ(world.run(policy.decide(prompt, scope)).text, "hello");
  EXPECT_EQ(world.run(policy.decide(prompt, scope)).error->kind, ErrorKind::internal);
  EXPECT_EQ(policy.seen().size(), 2u);
}

}  // namespace
}  // namespace xrouter
