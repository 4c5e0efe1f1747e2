// FixedPolicy and CascadePolicy, alone and through the engine.
#include <gtest/gtest.h>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/cascade.hpp"
#include "xrouter/policy/fixed.hpp"

namespace xrouter::policy {
namespace {

using namespace std::chrono_literals;

CascadePolicy cascade() { return CascadePolicy({.first = ModelId("small-a"), .second = ModelId("small-b"), .strong = ModelId("big")}); }

std::vector<std::string> called(const ScriptedPool& pool) {
  std::vector<std::string> ids;
  for (const ModelCall& call : pool.calls()) ids.push_back(call.model->id.value);
  return ids;
}

using Models = std::vector<std::string>;

TEST(FixedPolicy, calls_its_model_once_and_takes_the_answer) {
  PolicyBench bench;
  bench.pool.on("big", "42");
  FixedPolicy policy(ModelId("big"));
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "42");
  EXPECT_EQ(called(bench.pool), Models{"big"});
  EXPECT_EQ(outcome.turns_used, 1);
}

TEST(FixedPolicy, a_failed_call_is_the_end_with_the_calls_own_error) {
  PolicyBench bench;
  bench.pool.on("big", scripted_failure(ErrorKind::upstream_rate_limited));
  FixedPolicy policy(ModelId("big"));
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_rate_limited);
  EXPECT_EQ(called(bench.pool), Models{"big"}) << "no second model";
}

TEST(FixedPolicy, a_refused_call_is_no_fault_of_the_caller) {
  PolicyBench bench;
  FixedPolicy policy(ModelId("not-offered"));
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::no_usable_answer);
}

TEST(FixedPolicy, a_call_beyond_the_cost_limit_is_the_callers_to_know) {
  PolicyBench bench;
  bench.spec.limits.max_cost = Usd::from_pico(1);
  FixedPolicy policy(ModelId("big"));
  for (const Mode mode : {Mode::agent, Mode::simple}) {
    bench.spec.mode = mode;
    const Outcome outcome = bench.run(policy);
    EXPECT_EQ(outcome.error->kind, ErrorKind::insufficient_quota);
    EXPECT_EQ(outcome.error->public_text, kNothingAffordable) << "not the words that were for the policy";
    EXPECT_EQ(outcome.stop, StopReason::cost_limit);
  }
}

TEST(CascadePolicy, two_that_agree_are_enough_and_the_cheaper_one_answers) {
  PolicyBench bench;
  bench.pool.on("small-a", "The answer is 42.").on("small-b", R"({"answer": "42"})");
  CascadePolicy policy = cascade();
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "The answer is 42.") << "10 x 0.1 + 5 x 0.4 is less than 10 x 0.2 + 5 x 0.3";
  EXPECT_EQ(outcome.source, AnswerSource::selected);
  EXPECT_EQ(called(bench.pool), (Models{"small-a", "small-b"}));
  EXPECT_EQ(bench.pool.most_in_flight(), 1) << "scripted calls without delay";
}

TEST(CascadePolicy, calls_the_pair_at_the_same_time) {
  PolicyBench bench;
  ScriptedReply slow;
  slow.delay = 2s;
  bench.pool.on("small-a", slow).on("small-b", slow);
  CascadePolicy policy = cascade();
  bench.run(policy);
  EXPECT_EQ(bench.pool.most_in_flight(), 2);
}

TEST(CascadePolicy, disagreement_asks_the_strong_model) {
  PolicyBench bench;
  bench.pool.on("small-a", "41").on("small-b", "42").on("big", "The answer is 42.");
  CascadePolicy policy = cascade();
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "The answer is 42.");
  EXPECT_EQ(called(bench.pool), (Models{"small-a", "small-b", "big"}));
}

TEST(CascadePolicy, one_answer_alone_is_no_agreement) {
  PolicyBench bench;
  bench.pool.on("small-a", scripted_failure(ErrorKind::upstream_unreachable)).on("small-b", "42").on("big", "43");
  CascadePolicy policy = cascade();
  EXPECT_EQ(bench.run(policy).answer->text(), "43");
}

TEST(CascadePolicy, when_the_strong_model_fails_a_cheap_answer_is_better_than_none) {
  PolicyBench bench;
  bench.pool.on("small-a", "41").on("small-b", "42").on("big", scripted_failure(ErrorKind::upstream_unreachable));
  CascadePolicy policy = cascade();
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "41");
  EXPECT_EQ(bench.pool.calls().size(), 3u) << "the strong model is asked once";
}

TEST(CascadePolicy, when_all_fail_the_error_is_given_up) {
  PolicyBench bench;
  for (const char* id : {"small-a", "small-b", "big"}) bench.pool.on(id, scripted_failure(ErrorKind::upstream_credentials));
  CascadePolicy policy = cascade();
  const Outcome outcome = bench.run(policy);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::upstream_credentials);
}

TEST(CascadePolicy, without_turns_for_the_strong_model_a_cheap_answer_is_selected) {
  PolicyBench bench;
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "41");
  bench.add_call(turn, "c2", "small-b", CallStatus::ok, "42");
  bench.transcript.turns.push_back(turn);
  CascadePolicy policy = cascade();
  DecisionPrompt prompt = bench.prompt();
  prompt.may_call = false;
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
  const PolicyReply reply = bench.world.run(policy.decide(prompt, scope));
  ASSERT_EQ(reply.tool_calls.size(), 1u);
  EXPECT_EQ(reply.tool_calls[0].name, kSelectTool);
  EXPECT_EQ(reply.tool_calls[0].arguments, R"({"call_id":"c1"})");
}

TEST(CascadePolicy, an_unknown_cost_is_not_the_lower_one) {
  PolicyBench bench;
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "42").cost = Cost::unknown();
  bench.add_call(turn, "c2", "small-b", CallStatus::ok, "42").cost = Cost::exactly(Usd::from_pico(5));
  bench.transcript.turns.push_back(turn);
  CascadePolicy policy = cascade();
  EXPECT_EQ(bench.decide(policy).tool_calls.at(0).arguments, R"({"call_id":"c2"})");
}

TEST(CascadePolicy, answers_that_call_the_users_tools_agree_with_nothing) {
  PolicyBench bench;
  Turn turn;
  for (const char* id : {"c1", "c2"}) {
    CallRecord& record = bench.add_call(turn, id, id[1] == '1' ? "small-a" : "small-b", CallStatus::ok, "");
    record.reply->choices.front().message.tool_calls.push_back(tool_call("delete_file"));
  }
  bench.transcript.turns.push_back(turn);
  CascadePolicy policy = cascade();
  EXPECT_EQ(bench.decide(policy).tool_calls.at(0).name, "call_big");
}

}  // namespace
}  // namespace xrouter::policy
