// Streamed calls: what is held back, what is relayed, how streams break, and what is booked then.
#include <gtest/gtest.h>

#include "xrouter/upstream/pool_bench_test.hpp"

namespace xrouter::upstream {
namespace {

using namespace std::chrono_literals;
using Then = ScriptedAnswer::Then;

ScriptedAnswer whole_stream() {
  return {.pieces = {{1s, stream_head()},
                     {1s, role_event()},
                     {1s, text_event("4")},
                     {1s, text_event("2")},
                     {1s, finish_event()},
                     {0s, usage_event()},
                     {0s, done_event() + stream_end()}}};
}

TEST(OpenAiStream, relays_each_delta_and_returns_the_whole_reply) {
  PoolBench bench;
  bench.upstream.then(whole_stream());
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(reply.reply->text(), "42");
  EXPECT_EQ(bench.sink.text(), "42");
  EXPECT_EQ(bench.sink.deltas().size(), 4u) << "role, two texts, finish; the usage is not for the client";
  EXPECT_TRUE(reply.relayed);
  ASSERT_EQ(reply.attempts.size(), 1u);
  const AttemptRecord& record = reply.attempts.front();
  EXPECT_EQ(record.usage_source, UsageSource::reported);
  EXPECT_EQ(record.cost, Cost::exactly(Usd::from_pico(7 * 1'000'000 + 3 * 3'000'000)));
  EXPECT_EQ(record.first_token, 3s);
  EXPECT_EQ(record.latency, 5s);
  EXPECT_NE(bench.upstream.requests().front().find("\"include_usage\":true"), std::string::npos);
  EXPECT_EQ(bench.pool->upstreams().front()->idle_connections(), 1u) << "read to its end, so it can be used again";
}

TEST(OpenAiStream, nothing_reaches_the_client_before_the_first_committing_delta) {
  PoolBench bench;
  bench.attempts = 1;
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, role_event()}, {0s, delta_event("{}")}}, .then = Then::close});
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_unreachable);
  EXPECT_FALSE(reply.relayed);
  EXPECT_TRUE(bench.sink.deltas().empty());
}

TEST(OpenAiStream, a_stream_that_breaks_before_it_commits_is_tried_again_without_a_trace) {
  PoolBench bench;
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, role_event()}}, .then = Then::reset}).then(whole_stream());
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply);
  EXPECT_EQ(bench.sink.text(), "42");
  EXPECT_EQ(bench.sink.deltas().size(), 4u) << "the role of the first stream was thrown away";
  ASSERT_EQ(reply.attempts.size(), 2u);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::estimated);
  EXPECT_EQ(reply.attempts[0].usage.completion_tokens, 0);
}

struct Break {
  const char* name;
  std::vector<ScriptedAnswer::Piece> pieces;
  Then then;
};

TEST(OpenAiStream, a_stream_that_breaks_after_it_committed_is_never_tried_again) {
  const std::string error_event = event(R"({"error":{"message":"overloaded"}})");
  const Break breaks[] = {
      {"cut", {}, Then::close},
      {"reset", {}, Then::reset},
      {"stall", {}, Then::hang},
      {"error in the stream", {{0s, error_event}}, Then::hang},
      {"named error event", {{0s, chunked("event: error\ndata: {}\n\n")}}, Then::hang},
      {"not JSON", {{0s, event("{\"id\":")}}, Then::hang},
      {"body ends without an end of the answer", {{0s, stream_end()}}, Then::keep},
  };
  for (const Break& how : breaks) {
    SCOPED_TRACE(how.name);
    PoolBench bench;
    ScriptedAnswer answer{.pieces = {{0s, stream_head()}, {0s, role_event()}, {0s, text_event("forty")}}, .then = how.then};
    answer.pieces.insert(answer.pieces.end(), how.pieces.begin(), how.pieces.end());
    bench.upstream.then(answer);
    const ModelReply reply = bench.stream();
    EXPECT_EQ(kind_of(reply), ErrorKind::stream_interrupted) << reply.reply.error().describe();
    EXPECT_TRUE(reply.relayed);
    ASSERT_EQ(reply.attempts.size(), 1u);
    const AttemptRecord& record = reply.attempts[0];
    EXPECT_EQ(record.error, ErrorKind::stream_interrupted);
    EXPECT_EQ(record.http_status, 200);
    EXPECT_EQ(record.usage_source, UsageSource::estimated);
    EXPECT_EQ(record.usage.prompt_tokens, bench.prompt_estimate());
    EXPECT_EQ(record.usage.completion_tokens, kBillingRate.tokens_of(5));
    EXPECT_TRUE(record.cost.estimated);
    EXPECT_EQ(bench.upstream.network().open_ends(), how.then == Then::keep ? 2u : 0u);
  }
}

TEST(OpenAiStream, a_finished_answer_survives_whatever_happens_to_its_end) {
  const Break ends[] = {
      {"no [DONE]", {{0s, stream_end()}}, Then::keep},
      {"cut", {}, Then::close},
      {"reset", {}, Then::reset},
      {"stall", {}, Then::hang},
      {"[DONE] with a blank", {{0s, event("[DONE] ") + stream_end()}}, Then::keep},
      {"connection held open after [DONE]", {{0s, done_event()}}, Then::hang},
  };
  for (const Break& how : ends) {
    SCOPED_TRACE(how.name);
    PoolBench bench;
    ScriptedAnswer answer{.pieces = {{0s, stream_head()}, {0s, role_event()}, {0s, text_event("42")}, {0s, finish_event()}},
                          .then = how.then};
    answer.pieces.insert(answer.pieces.end(), how.pieces.begin(), how.pieces.end());
    bench.upstream.then(answer);
    const ModelReply reply = bench.stream();
    ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
    EXPECT_EQ(reply.reply->text(), "42");
    EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::estimated) << "no counts came";
    EXPECT_EQ(reply.attempts.at(0).error, std::nullopt);
  }
}

TEST(OpenAiStream, counts_that_came_before_the_break_are_kept) {
  PoolBench bench;
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, text_event("4")}, {0s, usage_event()}}, .then = Then::reset});
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::stream_interrupted);
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::reported);
  EXPECT_EQ(reply.attempts.at(0).usage.completion_tokens, 3);
}

TEST(OpenAiStream, the_client_leaving_closes_the_upstream_in_all_three_windows) {
  struct Window {
    const char* name;
    std::vector<ScriptedAnswer::Piece> pieces;
    bool relayed;
    std::int64_t output_bytes;
  };
  const Window windows[] = {
      {"awaiting the headers", {}, false, 0},
      {"before the first token", {{1s, stream_head()}, {0s, role_event()}}, false, 0},
      {"in the middle", {{1s, stream_head()}, {0s, role_event()}, {0s, text_event("forty")}}, true, 5},
  };
  for (const Window& window : windows) {
    SCOPED_TRACE(window.name);
    PoolBench bench;
    bench.cancel_after = 3s;
    bench.upstream.then({.pieces = window.pieces, .then = Then::hang});
    const ModelReply reply = bench.stream();
    EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
    EXPECT_EQ(reply.relayed, window.relayed);
    ASSERT_EQ(bench.upstream.hang_ups().size(), 1u) << "the upstream has seen it";
    EXPECT_EQ(bench.upstream.hang_ups()[0] - FakeClock::kStart, 3s);
    EXPECT_EQ(bench.upstream.network().open_ends(), 0u);
    EXPECT_EQ(bench.in_flight(), 0);
    ASSERT_EQ(reply.attempts.size(), 1u);
    const AttemptRecord& record = reply.attempts[0];
    EXPECT_EQ(record.error, ErrorKind::cancelled);
    EXPECT_EQ(record.usage_source, UsageSource::estimated);
    EXPECT_EQ(record.usage.prompt_tokens, bench.prompt_estimate());
    EXPECT_EQ(record.usage.completion_tokens, window.output_bytes == 0 ? 0 : kBillingRate.tokens_of(5));
  }
}

TEST(OpenAiStream, a_sink_that_fails_ends_the_call_and_the_upstream) {
  PoolBench bench;
  bench.sink.fail_after = 2;
  bench.upstream.then(whole_stream());
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::cancelled);
  EXPECT_TRUE(reply.relayed);
  EXPECT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(bench.since_start(), 4s) << "at the second text";
  bench.world.run_until_idle();
  EXPECT_EQ(bench.upstream.hang_ups().size(), 1u);
}

TEST(OpenAiStream, no_first_token_in_time_is_tried_again) {
  PoolBench bench;
  bench.upstream.then({.pieces = {{1s, stream_head()}, {0s, role_event()}}, .then = Then::hang}).then(whole_stream());
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply);
  EXPECT_EQ(reply.attempts.at(0).error, ErrorKind::attempt_timeout);
  EXPECT_EQ(reply.attempts.at(0).latency, 20s);
  EXPECT_EQ(reply.attempts.at(0).first_token, std::nullopt);
}

TEST(OpenAiStream, headers_that_do_not_come_fall_under_the_first_token_limit) {
  PoolBench bench;
  bench.attempts = 1;
  bench.upstream.then({.pieces = {}, .then = Then::hang});
  EXPECT_EQ(kind_of(bench.stream()), ErrorKind::attempt_timeout);
  EXPECT_EQ(bench.since_start(), 20s);
}

TEST(OpenAiStream, a_pause_longer_than_the_idle_limit_interrupts) {
  PoolBench bench;
  bench.upstream.then(
      {.pieces = {{1s, stream_head()}, {0s, text_event("4")}, {4999ms, text_event("2")}, {5001ms, text_event("!")}}, .then = Then::hang});
  EXPECT_EQ(kind_of(bench.stream()), ErrorKind::stream_interrupted);
  EXPECT_EQ(bench.sink.text(), "42");
  EXPECT_EQ(bench.since_start(), 1s + 4999ms + 5s);
}

TEST(OpenAiStream, the_whole_stream_is_under_the_attempts_limit) {
  PoolBench bench;
  ScriptedAnswer endless{.pieces = {{0s, stream_head()}}, .then = Then::hang};
  for (int i = 0; i < 40; ++i) endless.pieces.push_back({2s, text_event("x")});
  bench.upstream.then(endless);
  EXPECT_EQ(kind_of(bench.stream()), ErrorKind::stream_interrupted);
  EXPECT_EQ(bench.since_start(), 60s);
}

TEST(OpenAiStream, a_slow_client_is_not_the_upstreams_idleness) {
  PoolBench bench;
  bench.sink.write_delay = 8s;
  bench.upstream.then(whole_stream());
  EXPECT_TRUE(bench.stream().reply);
}

TEST(OpenAiStream, reasoning_counts_as_a_first_token_but_does_not_commit) {
  PoolBench bench;
  ScriptedAnswer thinking{.pieces = {{1s, stream_head()}}, .then = Then::reset};
  for (int i = 0; i < 10; ++i) thinking.pieces.push_back({4s, delta_event("{\"reasoning_content\":\"hm\"}")});
  bench.upstream.then(thinking).then(whole_stream());
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(reply.attempts.at(0).first_token, 5s);
  EXPECT_EQ(reply.attempts.at(0).latency, 41s + 1ms) << "not cut by the first-token limit of 20 s";
  EXPECT_EQ(reply.attempts.at(0).usage.completion_tokens, kBillingRate.tokens_of(20)) << "reasoning is billed";
  EXPECT_EQ(bench.sink.text(), "42");
}

TEST(OpenAiStream, a_long_run_of_reasoning_is_relayed_and_then_there_is_no_way_back) {
  PoolBench bench;
  ScriptedAnswer thinking{.pieces = {{0s, stream_head()}}, .then = Then::reset};
  std::string many;
  for (std::size_t i = 0; i < kMaxHeldDeltas; ++i) many += delta_event("{\"reasoning_content\":\"hm\"}");
  thinking.pieces.push_back({0s, many});
  bench.upstream.then(thinking);
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::stream_interrupted);
  EXPECT_TRUE(reply.relayed);
  EXPECT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(bench.sink.deltas().size(), kMaxHeldDeltas);
}

TEST(OpenAiStream, reasoning_alone_is_no_answer) {
  PoolBench bench;
  const ScriptedAnswer only_thinking{.pieces = {{0s, stream_head()},
                                                {0s, delta_event("{\"reasoning_content\":\"hm\"}")},
                                                {0s, finish_event()},
                                                {0s, usage_event() + done_event() + stream_end()}}};
  bench.upstream.then(only_thinking).then(only_thinking);
  const ModelReply reply = bench.stream();
  EXPECT_EQ(kind_of(reply), ErrorKind::upstream_invalid);
  EXPECT_EQ(reply.attempts.size(), 2u) << "an upstream fault: one more try";
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::reported) << "paid nevertheless";
  EXPECT_TRUE(bench.sink.deltas().empty());
}

TEST(OpenAiStream, failures_before_the_stream_are_the_same_as_of_unary_calls) {
  PoolBench bench;
  bench.upstream.then(unary_answer(429, "{}", "retry-after-ms: 700\r\n")).then(unary_answer(500, "{}")).then(whole_stream());
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply);
  ASSERT_EQ(reply.attempts.size(), 3u);
  EXPECT_EQ(reply.attempts[0].http_status, 429);
  EXPECT_EQ(reply.attempts[1].http_status, 500);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::none);
}

TEST(OpenAiStream, a_server_that_answers_in_one_piece_is_relayed_too) {
  PoolBench bench;
  bench.upstream.then(unary_answer(200, completion("42"), "Content-Type: application/json; charset=utf-8\r\n", 1s));
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(bench.sink.text(), "42");
  EXPECT_TRUE(reply.relayed);
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::reported);
  EXPECT_EQ(reply.attempts[0].first_token, 1s);
}

TEST(OpenAiStream, a_last_event_without_its_blank_line_counts_when_the_body_ends_cleanly) {
  PoolBench bench;
  const std::string usage = R"(data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}})";
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, text_event("42")}, {0s, finish_event()}, {0s, chunked(usage) + stream_end()}}});
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::reported);
}

TEST(OpenAiStream, a_stream_of_nothing_usable_is_the_upstreams_fault) {
  const std::string second = event(R"({"choices":[{"index":1,"delta":{"content":"x"},"finish_reason":"stop"}]})");
  const std::string nameless = delta_event(R"({"tool_calls":[{"index":0,"id":"c","function":{"arguments":"{}"}}]})", "\"tool_calls\"");
  for (const std::string& pieces : {second, nameless}) {
    PoolBench bench;
    const ScriptedAnswer answer{.pieces = {{0s, stream_head()}, {0s, pieces}, {0s, usage_event() + done_event() + stream_end()}}};
    bench.upstream.then(answer).then(answer);
    const ModelReply reply = bench.stream();
    EXPECT_EQ(kind_of(reply), ErrorKind::upstream_invalid) << pieces;
    EXPECT_TRUE(bench.sink.deltas().empty());
  }
}

TEST(OpenAiStream, a_choice_nobody_asked_for_does_not_reach_the_client) {
  PoolBench bench;
  const std::string surplus = event(R"({"choices":[{"index":1,"delta":{"content":"x"}}]})");
  bench.upstream.then({.pieces = {{0s, stream_head()}, {0s, text_event("42") + surplus + finish_event() + usage_event() + done_event() + stream_end()}}});
  const ModelReply reply = bench.stream();
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_EQ(reply.reply->choices.size(), 1u);
  EXPECT_EQ(bench.sink.text(), "42");
}

TEST(OpenAiStream, the_same_bytes_in_any_split_give_the_same_answer) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    PoolBench bench;
    bench.upstream.network().set_plan([&](const net::Origin&, std::size_t) {
      net::SimPlan plan;
      plan.to_client.max_chunk = 1 + seed % 7;
      return plan;
    });
    bench.upstream.then(whole_stream());
    const ModelReply reply = bench.stream();
    ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
    EXPECT_EQ(bench.sink.text(), "42");
    EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::reported);
  }
}

}  // namespace
}  // namespace xrouter::upstream
