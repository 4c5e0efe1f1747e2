// What comes, or does not come, behind [DONE].
#include <gtest/gtest.h>

#include "xrouter/upstream/pool_bench_test.hpp"

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;
using Then = ScriptedAnswer::Then;

std::vector<std::pair<Duration, std::string>> pieces_with_end(Duration later) {
  return {{0s, stream_head()}, {0s, role_event()}, {0s, text_event("42")}, {0s, finish_event()}, {0s, usage_event()}, {0s, done_event()}, {later, stream_end()}};
}

TEST(StreamEnd, the_reply_does_not_wait_for_the_end_of_the_body) {
  for (const Duration later : {Duration(20ms), Duration(1s)}) {
    PoolBench bench;
    ScriptedAnswer answer;
    for (auto& [delay, bytes] : pieces_with_end(later)) answer.pieces.push_back({delay, bytes});
    bench.upstream.then(answer);
    const TimePoint begun = bench.world.now();
    const ModelReply reply = bench.stream();
    ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
    EXPECT_EQ(bench.world.now() - begun, 0s);
    bench.world.run_for(60ms);
    const bool in_time = later < 50ms;
    EXPECT_EQ(bench.pool->upstreams().front()->idle_connections(), in_time ? 1u : 0u) << "an end that comes soon keeps the connection";
  }
}

}  // namespace
}  // namespace xrouter::upstream
