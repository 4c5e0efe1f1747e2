// Unary calls: what is sent, which failures are retried, what is booked, who is turned away.
#include "xrouter/upstream/openai_pool.hpp"

#include <gtest/gtest.h>

#include "xrouter/upstream/pool_bench_test.hpp"

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;

TEST(OpenAiPool, answers_with_the_upstreams_reply_and_its_exact_cost) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, completion("42"), "", 2s));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(reply.reply->text(), "42");
  EXPECT_EQ(reply.call, CallId("c1"));
  ASSERT_EQ(reply.attempts.size(), 1u);
  const AttemptRecord& record = reply.attempts.front();
  EXPECT_EQ(record.model, ModelId("m"));
  EXPECT_EQ(record.error, std::nullopt);
  EXPECT_EQ(record.http_status, 200);
  EXPECT_EQ(record.usage_source, UsageSource::reported);
  EXPECT_EQ(record.cost, Cost::exactly(Usd::from_pico(7 * 1'000'000 + 3 * 3'000'000)));
  EXPECT_EQ(record.price_version, "2026-01-01 list");
  EXPECT_EQ(record.upstream_id, "up-1");
  EXPECT_EQ(record.latency, 2s);
  EXPECT_EQ(record.first_token, std::nullopt);
}

TEST(OpenAiPool, sends_the_upstreams_name_of_the_model_and_the_next_depth) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, completion("42")));
  bench.call();
  ASSERT_EQ(bench.upstream.requests().size(), 1u);
  const std::string& request = bench.upstream.requests().front();
  EXPECT_EQ(request.rfind("POST /v1/chat/completions HTTP/1.1\r\n", 0), 0u);
  for (const char* part :
       {"authorization: Bearer k-1\r\n", "user-agent: xrouter/9.9\r\n", "x-xrouter-depth: 2\r\n", "\"model\":\"vendor-m\"", "6 times 7"})
    EXPECT_NE(request.find(part), std::string::npos) << part << " in\n" << request;
}

TEST(OpenAiPool, names_the_token_limit_as_the_upstream_knows_it) {
  for (const char* name : {"max_completion_tokens", "max_tokens"}) {
    PoolBench bench;
    bench.options.upstream.token_limit_name = name;
    bench.upstream.then(unary_answer(200, completion("42")));
    bench.call();
    EXPECT_NE(bench.upstream.requests().front().find("\"" + std::string(name) + "\":100"), std::string::npos) << name;
  }
}

struct Failure {
  const char* name;
  ScriptedAnswer answer;
  ErrorKind kind;
  std::size_t attempts;  ///< of three allowed
  UsageSource source;
};

TEST(OpenAiPool, every_failure_has_its_class) {
  const std::string junk = "<html>busy</html>";
  const std::string quota = R"({"error":{"message":"x","code":"insufficient_quota"}})";
  const std::string empty =
      R"({"id":"up-1","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}})";
  const std::string filtered =
      R"({"id":"up-1","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter"}]})";
  const std::string no_choices = R"({"id":"up-1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}})";
  const auto cut_head = ScriptedAnswer{.pieces = {{0s, "HTTP/1.1 200 OK\r\nCont"}}, .then = ScriptedAnswer::Then::close};
  const auto cut_body =
      ScriptedAnswer{.pieces = {{0s, http_head(200, "Content-Length: 900\r\n") + "{\"id\":"}}, .then = ScriptedAnswer::Then::close};
  const auto reset = ScriptedAnswer{.pieces = {}, .then = ScriptedAnswer::Then::reset};
  const Failure failures[] = {
      {"400", unary_answer(400, "{}"), ErrorKind::upstream_rejected, 1, UsageSource::none},
      {"404", unary_answer(404, "{}"), ErrorKind::upstream_rejected, 1, UsageSource::none},
      {"413", unary_answer(413, "{}"), ErrorKind::upstream_rejected, 1, UsageSource::none},
      {"422", unary_answer(422, "{}"), ErrorKind::upstream_rejected, 1, UsageSource::none},
      {"401", unary_answer(401, "{}"), ErrorKind::upstream_credentials, 1, UsageSource::none},
      {"402", unary_answer(402, "{}"), ErrorKind::upstream_credentials, 1, UsageSource::none},
      {"403", unary_answer(403, "{}"), ErrorKind::upstream_credentials, 1, UsageSource::none},
      {"429 with a quota code", unary_answer(429, quota), ErrorKind::upstream_credentials, 1, UsageSource::none},
      {"429", unary_answer(429, "{}"), ErrorKind::upstream_rate_limited, 3, UsageSource::none},
      {"408", unary_answer(408, "{}"), ErrorKind::upstream_unreachable, 3, UsageSource::none},
      {"500", unary_answer(500, junk), ErrorKind::upstream_unreachable, 3, UsageSource::none},
      {"502", unary_answer(502, junk), ErrorKind::upstream_unreachable, 3, UsageSource::none},
      {"503", unary_answer(503, ""), ErrorKind::upstream_unreachable, 3, UsageSource::none},
      {"504", unary_answer(504, ""), ErrorKind::upstream_unreachable, 3, UsageSource::none},
      {"reset", reset, ErrorKind::upstream_unreachable, 3, UsageSource::estimated},
      {"cut inside the head", cut_head, ErrorKind::upstream_unreachable, 3, UsageSource::estimated},
      {"cut inside the body", cut_body, ErrorKind::upstream_unreachable, 3, UsageSource::estimated},
      {"200 that is no JSON", unary_answer(200, junk), ErrorKind::upstream_invalid, 2, UsageSource::estimated},
      {"200 with an error", unary_answer(200, R"({"error":{"message":"no"}})"), ErrorKind::upstream_invalid, 2, UsageSource::estimated},
      {"200 without choices", unary_answer(200, no_choices), ErrorKind::upstream_invalid, 2, UsageSource::reported},
      {"empty answer", unary_answer(200, empty), ErrorKind::upstream_invalid, 2, UsageSource::reported},
      {"filtered", unary_answer(200, filtered), ErrorKind::content_filtered, 1, UsageSource::estimated},
  };
  for (const Failure& failure : failures) {
    SCOPED_TRACE(failure.name);
    PoolBench bench;
    for (std::size_t i = 0; i < failure.attempts; ++i) bench.upstream.then(failure.answer);
    const ModelReply reply = bench.call();
    EXPECT_EQ(kind_of(reply), failure.kind) << reply.reply.error().describe();
    ASSERT_EQ(reply.attempts.size(), failure.attempts);
    EXPECT_EQ(bench.upstream.requests().size(), failure.attempts);
    for (const AttemptRecord& record : reply.attempts) {
      EXPECT_EQ(record.error, failure.kind);
      EXPECT_EQ(record.usage_source, failure.source);
      EXPECT_EQ(record.cost.estimated, failure.source == UsageSource::estimated);
      EXPECT_EQ(record.cost.known > Usd::zero(), failure.source != UsageSource::none);
    }
    EXPECT_EQ(reply.reply.error().public_text.find("busy"), std::string::npos) << "upstream text stays inside";
    EXPECT_EQ(bench.in_flight(), 0);
  }
}

TEST(OpenAiPool, a_refused_connection_is_retried_and_costs_nothing) {
  PoolBench bench;
  bench.upstream.network().set_plan([](const net::Origin&, std::size_t index) { return net::SimPlan{.refuse = index == 0}; });
  bench.upstream.then(unary_answer(200, completion("42")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply);
  ASSERT_EQ(reply.attempts.size(), 2u);
  EXPECT_EQ(reply.attempts[0].error, ErrorKind::upstream_unreachable);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::none);
  EXPECT_EQ(reply.attempts[1].usage_source, UsageSource::reported);
}

TEST(OpenAiPool, a_connect_that_hangs_ends_at_its_own_limit_and_costs_nothing) {
  PoolBench bench;
  bench.attempts = 1;
  bench.upstream.network().set_plan([](const net::Origin&, std::size_t) { return net::SimPlan{.never_answers = true}; });
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_unreachable);
  EXPECT_EQ(bench.since_start(), 4s);
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::none);
}

TEST(OpenAiPool, an_answer_that_does_not_come_is_given_up_billed_as_an_estimate_and_tried_again) {
  PoolBench bench;
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::hang}).then(unary_answer(200, completion("42")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply);
  ASSERT_EQ(reply.attempts.size(), 2u);
  const AttemptRecord& lost = reply.attempts[0];
  EXPECT_EQ(lost.error, ErrorKind::attempt_timeout);
  EXPECT_EQ(lost.latency, 60s);
  EXPECT_EQ(lost.usage_source, UsageSource::estimated);
  EXPECT_EQ(lost.usage.prompt_tokens, bench.prompt_estimate());
  EXPECT_EQ(lost.usage.completion_tokens, 0);
  ASSERT_EQ(bench.upstream.hang_ups().size(), 1u);
  EXPECT_EQ(bench.upstream.hang_ups()[0] - FakeClock::kStart, 60s);
}

TEST(OpenAiPool, the_requests_deadline_ends_the_attempt_and_is_named) {
  PoolBench bench;
  bench.deadline = 10s;
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::hang});
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::deadline_exceeded);
  EXPECT_EQ(bench.since_start(), 10s);
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::estimated);
}

TEST(OpenAiPool, cancelling_closes_the_upstream_connection_while_it_works) {
  PoolBench bench;
  bench.cancel_after = 3s;
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::hang});
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
  ASSERT_EQ(bench.upstream.hang_ups().size(), 1u);
  EXPECT_EQ(bench.upstream.hang_ups()[0] - FakeClock::kStart, 3s);
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].error, ErrorKind::cancelled);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::estimated);
  EXPECT_EQ(bench.upstream.network().open_ends(), 0u);
  EXPECT_EQ(bench.in_flight(), 0);
}

TEST(OpenAiPool, cancelling_while_connecting_costs_nothing) {
  PoolBench bench;
  bench.cancel_after = 1s;
  bench.upstream.network().set_plan([](const net::Origin&, std::size_t) { return net::SimPlan{.never_answers = true}; });
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::none);
}

TEST(OpenAiPool, cancelling_between_two_attempts_ends_the_wait) {
  PoolBench bench;
  bench.cancel_after = 2s;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 5\r\n"));
  const ModelReply reply = bench.call();
  EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
  EXPECT_EQ(bench.since_start(), 2s);
  ASSERT_EQ(reply.attempts.size(), 1u) << "the failed attempt is still in the books";
}

TEST(OpenAiPool, a_call_that_comes_too_late_makes_no_attempt) {
  PoolBench bench;
  bench.make_pool();
  const ModelCall call = PoolBench::call_for(bench.model);
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
  scope.cancel();
  const ModelReply reply = bench.world.run(bench.pool->call(call, scope, nullptr));
  EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
  EXPECT_TRUE(reply.attempts.empty());
  EXPECT_EQ(bench.upstream.network().connects(), 0u);
}

TEST(OpenAiPool, waits_for_retry_after_when_the_deadline_allows) {
  PoolBench bench;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 3\r\n")).then(unary_answer(200, completion("42")));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply);
  EXPECT_GE(bench.since_start(), 3s);
  EXPECT_LE(bench.since_start(), 3200ms);
}

TEST(OpenAiPool, a_retry_after_beyond_the_deadline_fails_now_and_parks_the_upstream) {
  PoolBench bench;
  bench.deadline = 2s;
  bench.upstream.then(unary_answer(429, "{}", "Retry-After: 3\r\n")).then(unary_answer(200, completion("42")));
  EXPECT_EQ(kind_of(bench.call()), ErrorKind::upstream_rate_limited);
  EXPECT_EQ(bench.since_start(), 0s);
  const ModelReply parked = bench.call();
  EXPECT_EQ(kind_of(parked), ErrorKind::upstream_rate_limited);
  EXPECT_EQ(parked.reply.error().retry_after, 3s);
  EXPECT_TRUE(parked.attempts.empty());
  EXPECT_EQ(bench.upstream.requests().size(), 1u);
  bench.deadline = 10s;
  EXPECT_TRUE(bench.call().reply) << "a call with time waits for the parking to end";
  EXPECT_GE(bench.since_start(), 3s);
}

TEST(OpenAiPool, a_vendors_rate_limit_reset_counts_only_when_a_limit_was_hit) {
  PoolBench bench;
  bench.attempts = 2;
  bench.upstream.then(unary_answer(500, "{}", "x-ratelimit-reset-requests: 9s\r\n"));
  bench.upstream.then(
      unary_answer(429, "{}", "x-ratelimit-reset-requests: 9s\r\nx-ratelimit-reset-tokens: 1s\r\nx-ratelimit-remaining-tokens: 5\r\n"));
  EXPECT_EQ(bench.call().reply.error().retry_after, 9s);
  EXPECT_LT(bench.since_start(), 1s);
}

TEST(OpenAiPool, a_dead_key_is_not_used_again_for_a_while) {
  PoolBench bench;
  bench.upstream.then(unary_answer(401, "{}")).then(unary_answer(200, completion("42")));
  bench.call();
  const ModelReply refused = bench.call();
  EXPECT_EQ(kind_of(refused), ErrorKind::upstream_credentials);
  EXPECT_TRUE(refused.attempts.empty());
  bench.world.run_for(kDeadKeyPause);
  EXPECT_TRUE(bench.call().reply);
}

TEST(OpenAiPool, the_breaker_opens_over_calls_and_lets_a_probe_pass) {
  PoolBench bench;
  for (int i = 0; i < 5; ++i) bench.upstream.then(unary_answer(500, "{}"));
  bench.upstream.then(unary_answer(200, completion("42")));
  bench.call();
  const ModelReply second = bench.call();
  EXPECT_EQ(second.attempts.size(), 2u) << "the fifth failure opened the breaker, the third try was turned away";
  EXPECT_EQ(kind_of(second), ErrorKind::upstream_unreachable);
  EXPECT_EQ(bench.gauges().state, GateState::open);
  EXPECT_TRUE(bench.call().attempts.empty());
  bench.world.run_for(10s);
  EXPECT_TRUE(bench.call().reply);
  EXPECT_EQ(bench.gauges().state, GateState::closed);
}

boost::asio::awaitable<ModelReply> call_quietly(OpenAiPool& pool, const ModelCall& call, CallScope& scope) {
  co_return co_await pool.call(call, scope, nullptr);
}

TEST(OpenAiPool, more_calls_than_the_cap_are_refused_as_overloaded) {
  PoolBench bench;
  bench.options.upstream.max_in_flight = 2;
  bench.make_pool();
  for (int i = 0; i < 3; ++i) bench.upstream.then(unary_answer(200, completion("42"), "", 1s));
  const ModelCall call = PoolBench::call_for(bench.model);
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
  std::vector<boost::asio::awaitable<ModelReply>> all;
  for (int i = 0; i < 3; ++i) all.push_back(call_quietly(*bench.pool, call, scope));
  const std::vector<ModelReply> replies = bench.world.run(join_all(bench.world.executor(), std::move(all)));
  EXPECT_TRUE(replies[0].reply);
  EXPECT_TRUE(replies[1].reply);
  EXPECT_EQ(kind_of(replies[2]), ErrorKind::overloaded);
  EXPECT_TRUE(replies[2].attempts.empty());
}

TEST(OpenAiPool, a_connection_is_kept_for_the_next_call) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, completion("42"))).then(unary_answer(200, completion("43")));
  bench.call();
  EXPECT_EQ(bench.call().reply->text(), "43");
  EXPECT_EQ(bench.upstream.network().connects(), 1u);
}

TEST(OpenAiPool, a_kept_connection_that_dies_under_a_request_is_an_attempt_of_its_own_and_booked) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, completion("42")));
  bench.upstream.then({.pieces = {}, .then = ScriptedAnswer::Then::reset}).then(unary_answer(200, completion("43")));
  bench.call();
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.upstream.requests().size(), 3u);
  ASSERT_EQ(reply.attempts.size(), 2u) << "as many as the upstream has seen";
  EXPECT_EQ(reply.attempts[0].error, ErrorKind::upstream_unreachable);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::estimated);
  EXPECT_EQ(reply.attempts[0].usage.prompt_tokens, bench.prompt_estimate());
  EXPECT_EQ(reply.attempts[1].usage_source, UsageSource::reported);
}

TEST(OpenAiPool, impossible_counts_leave_the_paid_answer_and_its_text_is_what_is_estimated) {
  PoolBench bench;
  std::string body = completion("forty-two");
  body.replace(body.find(":7,"), 3, ":-7,");
  bench.upstream.then(unary_answer(200, body));
  const ModelReply reply = bench.call();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::estimated);
  EXPECT_EQ(reply.attempts[0].usage.completion_tokens, kBillingRate.tokens_of(9));
}

TEST(OpenAiPool, a_bad_address_is_a_configuration_error_at_the_start) {
  PoolBench bench;
  bench.options.upstream.base_url = "up.example";
  OpenAiPool pool(bench.options, Rng(7));
  const Result<void> added = pool.add(bench.options.upstream, bench.upstream.network());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace xrouter::upstream
