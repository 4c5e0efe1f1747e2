#include "xrouter/policy_lm/allowed.hpp"

#include <gtest/gtest.h>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/policy/bench_test.hpp"

namespace xrouter::policy_lm {
namespace {

using chat_format::Thinking;
using policy::PolicyBench;

std::string names(const Allowed& allowed) {
  std::string all;
  for (const ToolSpec& tool : allowed.tools) all += (all.empty() ? "" : " ") + tool.name;
  return all;
}

void add_turn(PolicyBench& bench) {
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "42");
  bench.add_call(turn, "c2", "small-b", CallStatus::failed, "x");
  bench.add_call(turn, "c3", "big", CallStatus::ok, "43");
  bench.transcript.turns.push_back(std::move(turn));
}

TEST(Allowed, at_first_models_may_be_called_and_nothing_selected) {
  PolicyBench bench;
  const auto allowed = allowed_now(bench.prompt(), Thinking::off);
  ASSERT_TRUE(allowed);
  EXPECT_EQ(names(*allowed), "call_small_a call_small_b call_big");
  EXPECT_TRUE(allowed->rules.may_answer);
  EXPECT_EQ(allowed->rules.min_calls, 0);
  EXPECT_EQ(allowed->rules.max_calls, bench.spec.limits.max_calls_per_turn);
}

TEST(Allowed, a_selection_names_the_calls_that_succeeded) {
  PolicyBench bench;
  add_turn(bench);
  const auto allowed = allowed_now(bench.prompt(), Thinking::off);
  EXPECT_EQ(names(*allowed), "call_small_a call_small_b call_big select_response");
  EXPECT_EQ(allowed->tools.back().parameters.text,
            R"({"type":"object","properties":{"call_id":{"type":"string","enum":["c1","c3"]}},"required":["call_id"],"additionalProperties":false})");
  bench.spec.mode = Mode::simple;
  EXPECT_EQ(names(*allowed_now(bench.prompt(), Thinking::off)), "call_small_a call_small_b call_big");
}

TEST(Allowed, no_more_calls_than_are_left_of_the_episode_and_of_a_turn) {
  PolicyBench bench;
  bench.spec.limits.max_calls_per_turn = 4;
  bench.spec.limits.max_calls = 5;
  add_turn(bench);
  EXPECT_EQ(allowed_now(bench.prompt(), Thinking::off)->rules.max_calls, 2) << "three of five were made";
  DecisionPrompt last = bench.prompt();
  last.may_call = false;
  const auto allowed = allowed_now(last, Thinking::off);
  EXPECT_EQ(names(*allowed), "select_response");
  EXPECT_EQ(allowed->rules.max_calls, 1);
}

TEST(Allowed, text_only_where_it_can_be_the_answer) {
  PolicyBench bench;
  DecisionPrompt prompt = bench.prompt();
  prompt.may_answer = false;
  const auto must_call = allowed_now(prompt, Thinking::off);
  EXPECT_FALSE(must_call->rules.may_answer);
  EXPECT_EQ(must_call->rules.min_calls, 1);
  prompt.may_call = false;
  EXPECT_FALSE(allowed_now(prompt, Thinking::off)) << "nothing is left";
  prompt.may_answer = true;
  const auto must_answer = allowed_now(prompt, Thinking::off);
  EXPECT_TRUE(must_answer->tools.empty());
  EXPECT_EQ(must_answer->rules.max_calls, 0);
}

TEST(Allowed, an_answer_is_no_longer_than_the_caller_wants) {
  PolicyBench bench;
  const int usual = allowed_now(bench.prompt(), Thinking::off)->rules.max_text_bytes;
  bench.spec.request.sampling.max_output_tokens = 10;
  EXPECT_EQ(allowed_now(bench.prompt(), Thinking::off)->rules.max_text_bytes, 32);
  bench.spec.request.sampling.max_output_tokens = 1'000'000'000'000;
  EXPECT_EQ(allowed_now(bench.prompt(), Thinking::off)->rules.max_text_bytes, usual);
}

}  // namespace
}  // namespace xrouter::policy_lm
