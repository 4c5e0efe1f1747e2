#include "xrouter/policy/remote.hpp"

#include <gtest/gtest.h>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy {
namespace {

using namespace std::chrono_literals;

ScriptedReply saying(std::string text, std::vector<ToolCall> calls = {}) {
  ScriptedReply reply;
  reply.reply = text_reply(std::move(text), Usage{.prompt_tokens = 100, .completion_tokens = 10});
  reply.reply->choices.front().message.tool_calls = std::move(calls);
  return reply;
}

TEST(RemotePolicy, asks_the_router_model_through_the_pool_and_passes_its_decision_on) {
  PolicyBench bench;
  bench.spec.depth = 2;
  bench.pool.on("router-7b", saying("thinking aloud", {tool_call("call_big", R"({"temperature":0.1})", "x")}));
  RemotePolicy policy(bench.router, bench.pool, {.timeout = 5s, .max_attempts = 4});
  const PolicyReply reply = bench.decide(policy);
  EXPECT_FALSE(reply.error);
  EXPECT_FALSE(reply.commit) << "a language model does not know beforehand";
  EXPECT_EQ(reply.text, "thinking aloud");
  ASSERT_EQ(reply.tool_calls.size(), 1u);
  EXPECT_EQ(reply.tool_calls[0], tool_call("call_big", R"({"temperature":0.1})", "x"));
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].cost.total(), Usd::from_pico(100 * 40'000 + 10 * 100'000));
  ASSERT_EQ(bench.pool.calls().size(), 1u);
  const ModelCall& call = bench.pool.calls()[0];
  EXPECT_EQ(call.model, &bench.router);
  EXPECT_EQ(call.max_attempts, 4);
  EXPECT_EQ(call.depth, 2);
  EXPECT_EQ(call.request.tools.size(), 4u) << "three models and select_response";
}

TEST(RemotePolicy, a_failed_router_is_a_policy_error_with_what_was_spent) {
  PolicyBench bench;
  ScriptedReply failure = scripted_failure(ErrorKind::upstream_invalid);
  AttemptRecord paid{.model = ModelId("router-7b")};
  paid.cost = Cost::exactly(Usd::from_pico(77));
  failure.attempts = std::vector<AttemptRecord>{paid, paid};
  bench.pool.on("router-7b", failure);
  RemotePolicy policy(bench.router, bench.pool);
  const PolicyReply reply = bench.decide(policy);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::upstream_invalid);
  EXPECT_EQ(reply.attempts.size(), 2u);
}

TEST(RemotePolicy, a_router_that_thinks_too_long_is_cut_off_and_still_billed) {
  PolicyBench bench;
  ScriptedReply slow = saying("late");
  slow.delay = 1h;
  bench.pool.on("router-7b", slow);
  RemotePolicy policy(bench.router, bench.pool, {.timeout = 5s});
  const PolicyReply reply = bench.decide(policy);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::attempt_timeout);
  EXPECT_EQ(bench.world.now() - FakeClock::kStart, 5s);
  EXPECT_EQ(reply.attempts.size(), 1u);
}

TEST(RemotePolicy, an_empty_reply_stays_empty) {
  PolicyBench bench;
  bench.pool.on("router-7b", saying("<think>hm, hard</think>\n"));
  RemotePolicy policy(bench.router, bench.pool);
  const PolicyReply reply = bench.decide(policy);
  EXPECT_FALSE(reply.error);
  EXPECT_EQ(reply.text, "");
  EXPECT_TRUE(reply.tool_calls.empty());
}

TEST(RemotePolicy, plays_a_whole_episode_with_a_selection) {
  PolicyBench bench;
  bench.pool.on("router-7b", saying("", {tool_call("call_small_a"), tool_call("call_big")}));
  bench.pool.on("router-7b", saying("", {tool_call("select_response", R"({"call_id":"c2"})")}));
  bench.pool.on("small-a", "41").on("big", "42");
  RemotePolicy policy(bench.router, bench.pool);
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "42");
  const ChatRequest& second = bench.pool.calls().back().request;
  EXPECT_EQ(text_of(second.messages.back().content), R"({"call_id":"c2","model":"big","status":"ok","answer":"42"})");
}

PolicyReply decide_with(PolicyBench& bench, Usd cost_left) {
  RemotePolicy policy(bench.router, bench.pool, {.timeout = 5s, .max_attempts = 3});
  DecisionPrompt prompt = bench.prompt();
  prompt.cost_left = cost_left;
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
  return bench.world.run(policy.decide(prompt, scope));
}

TEST(RemotePolicy, under_a_cost_limit_it_makes_only_the_attempts_that_fit) {
  PolicyBench bench;
  DecisionPrompt prompt = bench.prompt();
  prompt.cost_left = Usd::zero();
  const std::int64_t input = bench.spec.estimator.prompt_tokens(render_router_prompt(prompt)) + 20;  // the amount left is in the prompt
  const Usd worst = *bench.router.price.worst_case(input, bench.spec.router_output_tokens);
  decide_with(bench, *worst.checked_mul(2));
  ASSERT_EQ(bench.pool.calls().size(), 1u);
  EXPECT_EQ(bench.pool.calls()[0].max_attempts, 2);
  const PolicyReply refused = decide_with(bench, Usd::from_pico(worst.pico() / 2));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::insufficient_quota);
  EXPECT_EQ(bench.pool.calls().size(), 1u) << "nothing was spent";
}

TEST(RemotePolicy, a_router_without_a_price_cannot_work_under_a_cost_limit) {
  PolicyBench bench;
  bench.router.price = {};
  EXPECT_EQ(decide_with(bench, *Usd::parse("100")).error->kind, ErrorKind::insufficient_quota);
  EXPECT_TRUE(bench.pool.calls().empty());
}

struct Row {
  const char* text;
  const char* left;
};

TEST(RemotePolicy, reasoning_is_cut_off_in_every_form) {
  const Row rows[] = {
      {"<think>a\nb</think>\n\nYes.", "Yes."},
      {"  <think></think>Yes. ", "Yes."},
      {"reasoning without its beginning</think>Yes.", "Yes."},
      {"<think>never closed", ""},
      {"Yes.", "Yes."},
      {"I think <think> is a tag.", "I think <think> is a tag."},
      {"", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(without_thinking(row.text), row.left) << row.text;
}

}  // namespace
}  // namespace xrouter::policy
