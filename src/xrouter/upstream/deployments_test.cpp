// Several keys of an upstream, several upstreams of a model: who is asked next, and when.
#include <gtest/gtest.h>

#include "xrouter/upstream/pool_bench_test.hpp"

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

std::string key_of(const std::string& request) {
  constexpr std::string_view kBefore = "uthorization: Bearer ";
  const std::size_t at = request.find(kBefore) + kBefore.size();
  return request.substr(at, request.find("\r\n", at) - at);
}

/// A pool with two keys at the first upstream, and a second upstream that knows the model by another name.
struct TwoPlaces : PoolBench {
  ScriptedUpstream second{world, kOrigin};

  explicit TwoPlaces(std::vector<std::string> keys = {"k-1"}) {
    options.upstream.api_keys.clear();
    for (std::string& key : keys) options.upstream.api_keys.emplace_back(std::move(key));
    model.alternatives = {{.upstream = "second", .model = "other/m"}};
    make_pool();
    config::UpstreamConfig other = options.upstream;
    other.name = "second";
    other.api_keys = {Secret("k-second")};
    const Result<void> added = pool->add(other, second.network());
    XROUTER_ASSERT(added.has_value(), "the bench's second upstream is valid");
  }
  // Its connections end in `second`, which goes before it.
  ~TwoPlaces() { pool.reset(); }

  std::vector<std::string> deployments_of(const ModelReply& reply) const {
    std::vector<std::string> names;
    for (const AttemptRecord& record : reply.attempts) names.push_back(record.deployment);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST(Deployments, a_dead_key_rotates_at_once_and_is_left_alone) {
  TwoPlaces bench({"k-1", "k-2"});
  bench.attempts = 1;
  bench.upstream.then(unary_answer(401, "{}")).then(unary_answer(200, completion("42"))).then(unary_answer(200, completion("43")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.since_start(), 0s) << "without any wait";
  EXPECT_EQ(bench.deployments_of(reply), (Names{"up#1", "up#2"}));
  ASSERT_EQ(bench.upstream.requests().size(), 2u);
  EXPECT_EQ(key_of(bench.upstream.requests()[0]), "k-1");
  EXPECT_EQ(key_of(bench.upstream.requests()[1]), "k-2");
  EXPECT_EQ(bench.deployments_of(bench.call()), (Names{"up#2"}));
  EXPECT_TRUE(bench.second.requests().empty());
}

TEST(Deployments, a_limited_key_rotates_at_once) {
  TwoPlaces bench({"k-1", "k-2"});
  bench.attempts = 1;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 5\r\n")).then(unary_answer(200, completion("42")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.since_start(), 0s);
  EXPECT_EQ(bench.deployments_of(reply), (Names{"up#1", "up#2"}));
}

TEST(Deployments, a_limit_of_one_model_does_not_delay_another) {
  PoolBench bench;
  bench.attempts = 1;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 15\r\n")).then(unary_answer(200, completion("42")));
  EXPECT_EQ(kind_of(bench.call()), ErrorKind::upstream_rate_limited);
  bench.model.id = ModelId("other");
  bench.model.upstream_model = "vendor-other";
  EXPECT_TRUE(bench.call().reply);
  EXPECT_EQ(bench.since_start(), 0s);
  bench.model.upstream_model = "vendor-m";
  EXPECT_TRUE(bench.call().attempts.empty()) << "the first model is still parked";
}

TEST(Deployments, the_second_deployment_answers_when_the_first_cannot) {
  const ScriptedAnswer failures[] = {
      unary_answer(500, "{}"),
      unary_answer(503, "{}", "Retry-After: 9\r\n"),
      unary_answer(429, "{}"),
      unary_answer(429, "{}", "Retry-After: 9\r\n"),
      unary_answer(401, "{}"),
      unary_answer(200, "nonsense"),
      {.pieces = {}, .then = ScriptedAnswer::Then::reset},
  };
  for (const ScriptedAnswer& failure : failures) {
    TwoPlaces bench;
    bench.attempts = 2;
    bench.upstream.then(failure);
    bench.second.then(unary_answer(200, completion("42")));
    const ModelReply reply = bench.call();
    ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
    EXPECT_EQ(bench.deployments_of(reply), (Names{"up", "second"}));
    EXPECT_LT(bench.since_start(), 10ms) << "nothing is waited for";
    ASSERT_EQ(bench.second.requests().size(), 1u);
    EXPECT_EQ(key_of(bench.second.requests()[0]), "k-second");
    EXPECT_NE(bench.second.requests()[0].find("\"other/m\""), std::string::npos);
  }
}

TEST(Deployments, what_would_fail_there_as_well_is_not_asked_again) {
  for (const int status : {400, 404, 413, 422}) {
    TwoPlaces bench;
    bench.upstream.then(unary_answer(status, "{}"));
    EXPECT_EQ(bench.call().attempts.size(), 1u) << status;
    EXPECT_TRUE(bench.second.requests().empty()) << status;
  }
}

TEST(Deployments, a_try_that_may_have_been_paid_is_not_repeated_beyond_what_was_reserved) {
  TwoPlaces bench;
  bench.attempts = 1;
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::reset});
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_unreachable);
  EXPECT_EQ(reply.attempts.size(), 1u);
  EXPECT_TRUE(bench.second.requests().empty());
}

TEST(Deployments, a_stream_that_broke_after_its_first_words_goes_nowhere_else) {
  TwoPlaces bench;
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, text_event("4")}}, .then = ScriptedAnswer::Then::reset});
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::stream_interrupted);
  EXPECT_TRUE(reply.relayed);
  EXPECT_TRUE(bench.second.requests().empty());
}

TEST(Deployments, an_open_breaker_sends_calls_to_the_other_deployment) {
  TwoPlaces bench;
  for (int i = 0; i < 5; ++i) {
    bench.upstream.then(unary_answer(500, "{}"));
    bench.second.then(unary_answer(200, completion("42")));
    EXPECT_TRUE(bench.call().reply);
  }
  bench.second.then(unary_answer(200, completion("43")));
  EXPECT_EQ(bench.deployments_of(bench.call()), (Names{"second"})) << "the first is not even tried";
}

TEST(Deployments, when_both_fail_the_call_waits_and_begins_with_the_first_again) {
  TwoPlaces bench;
  bench.attempts = 3;
  bench.upstream.then(unary_answer(500, "{}")).then(unary_answer(200, completion("42")));
  bench.second.then(unary_answer(500, "{}"));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.deployments_of(reply), (Names{"up", "second", "up"}));
  EXPECT_GT(bench.since_start(), 0s);
}

TEST(Deployments, the_place_that_is_free_first_is_waited_for) {
  TwoPlaces bench;
  bench.attempts = 2;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 18\r\n"));
  bench.second.then(unary_answer(429, "{}", "Retry-After: 2\r\n")).then(unary_answer(200, completion("42")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.deployments_of(reply), (Names{"up", "second", "second"}));
  EXPECT_GE(bench.since_start(), 2s);
  EXPECT_LT(bench.since_start(), 3s);
}

TEST(Deployments, with_every_key_dead_the_call_fails_at_once_and_says_so) {
  TwoPlaces bench({"k-1", "k-2"});
  bench.upstream.then(unary_answer(401, "{}")).then(unary_answer(402, "{}"));
  bench.second.then(unary_answer(403, "{}"));
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_credentials);
  EXPECT_EQ(bench.deployments_of(reply), (Names{"up#1", "up#2", "second"}));
  for (const AttemptRecord& record : reply.attempts) EXPECT_EQ(record.usage_source, UsageSource::none);
  EXPECT_EQ(bench.pool->upstreams()[0]->dead_keys(), 2);
  EXPECT_TRUE(bench.call().attempts.empty());
}

TEST(Deployments, free_moves_are_bounded) {
  std::vector<std::string> keys;
  for (int i = 0; i < 12; ++i) keys.push_back("k" + std::to_string(i));
  TwoPlaces bench(keys);
  for (int i = 0; i < 12; ++i) bench.upstream.then(unary_answer(401, "{}"));
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_credentials);
  EXPECT_EQ(reply.attempts.size(), static_cast<std::size_t>(kMaxFreeMoves) + 1);
}

TEST(Deployments, a_model_that_no_upstream_serves_is_a_configuration_error) {
  PoolBench bench;
  bench.model.upstream = "nowhere";
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::config);
  EXPECT_TRUE(reply.attempts.empty());
}

}  // namespace
}  // namespace xrouter::upstream
