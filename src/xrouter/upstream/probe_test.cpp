#include "xrouter/upstream/probe.hpp"

#include <gtest/gtest.h>

#include "xrouter/upstream/pool_bench_test.hpp"

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

ProbeResult probe_of(PoolBench& bench) {
  const Endpoint endpoint = *parse_endpoint(bench.options.upstream);
  net::HttpClient http(bench.upstream.network());
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::after(bench.world.now(), 5s), "probe");
  const Secret key("k-1");
  ProbeResult result = bench.world.run(probe(endpoint, key, http, scope));
  bench.world.run_ready();
  return result;
}

TEST(Probe, lists_the_models_that_the_upstream_names) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, R"({"object":"list","data":[{"id":"a"},{"id":"b/c"},{"no":"id"},7]})", "", 30ms));
  const ProbeResult result = probe_of(bench);
  EXPECT_FALSE(result.error);
  EXPECT_EQ(result.models, (std::vector<std::string>{"a", "b/c"}));
  EXPECT_EQ(result.latency, 30ms);
  const std::string& request = bench.upstream.requests().at(0);
  EXPECT_EQ(request.rfind("GET /v1/models HTTP/1.1\r\n", 0), 0u) << request;
  EXPECT_NE(request.find("uthorization: Bearer k-1"), std::string::npos);
}

TEST(Probe, a_refused_key_and_a_failing_server_are_errors) {
  for (const auto& [status, kind] : {std::pair(401, ErrorKind::upstream_credentials), std::pair(403, ErrorKind::upstream_credentials),
                                     std::pair(500, ErrorKind::upstream_unreachable)}) {
    PoolBench bench;
    bench.upstream.then(unary_answer(status, "{}"));
    const ProbeResult result = probe_of(bench);
    ASSERT_TRUE(result.error) << status;
    EXPECT_EQ(result.error->kind, kind) << status;
    EXPECT_EQ(result.http_status, status);
  }
}

TEST(Probe, a_server_without_a_list_is_there_all_the_same) {
  for (const ScriptedAnswer& answer : {unary_answer(404, "not found"), unary_answer(405, "{}"), unary_answer(429, "{}"), unary_answer(200, "<html>"),
                                       unary_answer(200, R"({"data":{}})")}) {
    PoolBench bench;
    bench.upstream.then(answer);
    const ProbeResult result = probe_of(bench);
    EXPECT_FALSE(result.error);
    EXPECT_FALSE(result.models);
  }
}

TEST(Probe, an_upstream_that_does_not_answer_is_given_up_in_time) {
  PoolBench bench;
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::hang});
  const ProbeResult result = probe_of(bench);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(result.latency, 5s);
}

}  // namespace
}  // namespace xrouter::upstream
