#include "xrouter/engine/routing_pool.hpp"

#include <gtest/gtest.h>

#include "xrouter/testing/scripted.hpp"
#include "xrouter/testing/world.hpp"

namespace xrouter {
namespace {

struct Bench {
  World world;
  ScriptedPool recorded, live;
  RoutingPool pool;
  ModelSpec model;
  Bench() {
    recorded.otherwise.reply = text_reply("from the corpus");
    live.otherwise.reply = text_reply("from the network");
    pool.add("recorded", recorded);
    pool.add("example", live);
    model.id = ModelId("m");
  }
  ModelReply call_via(std::string upstream) {
    model.upstream = std::move(upstream);
    ModelCall call{.id = CallId("c7"), .turn = 1, .model = &model, .request = {}};
    CallScope scope(world.executor(), world.timers(), Deadline::never(), "test");
    return world.run(pool.call(call, scope, nullptr));
  }
};

TEST(RoutingPool, a_call_goes_to_the_pool_of_its_models_upstream) {
  Bench bench;
  EXPECT_EQ(bench.call_via("recorded").reply->text(), "from the corpus");
  EXPECT_EQ(bench.call_via("example").reply->text(), "from the network");
}

TEST(RoutingPool, an_unknown_upstream_is_a_configuration_error_without_an_attempt) {
  Bench bench;
  ModelReply reply = bench.call_via("nowhere");
  ASSERT_FALSE(reply.reply);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::config);
  EXPECT_EQ(reply.call, CallId("c7"));
  EXPECT_TRUE(reply.attempts.empty());
  EXPECT_EQ(reply.reply.error().public_text.find("nowhere"), std::string::npos) << "names of the configuration stay inside";
}

}  // namespace
}  // namespace xrouter
