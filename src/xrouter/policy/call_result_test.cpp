#include "xrouter/policy/call_result.hpp"

#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"
#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy {
namespace {

CallRecord success(std::string id, std::string text) {
  CallRecord record{.id = CallId(std::move(id)), .asked = {}, .status = CallStatus::ok};
  record.reply = text_reply(std::move(text));
  return record;
}

CallRecord failure(std::string id) {
  CallRecord record{.id = CallId(std::move(id)), .asked = {}, .status = CallStatus::failed};
  record.message = "x";
  return record;
}

/// `final_answer` of the last of these replies, then the calls it agrees with; "" for what is left out.
std::string told(const std::vector<CallRecord>& records, bool one_answer_wanted = false) {
  std::vector<const CallRecord*> earlier;
  for (const CallRecord& record : records) earlier.push_back(&record);
  earlier.pop_back();
  const auto value = json::parse(render_call_result(records.back(), {.earlier = earlier, .one_answer_wanted = one_answer_wanted}));
  if (!value) return "no JSON";
  const auto& object = value->as_object();
  std::string text;
  if (const auto* answer = object.if_contains("final_answer")) text += std::string(answer->as_string());
  if (const auto* ids = object.if_contains("agrees_with"))
    for (const auto& id : ids->as_array()) text += " " + std::string(id.as_string());
  return text;
}

TEST(CallResult, a_stated_answer_is_told_and_compared_with_earlier_ones) {
  const CallRecord first = success("c1", "I think the answer is (B)."), other = success("c2", "Answer: C");
  const CallRecord failed = failure("c3"), again = success("c4", R"({"reasoning":"long", "answer":"b"})"),
                   third = success("c5", R"(So \boxed{B})");
  EXPECT_EQ(told({first}), "b");
  EXPECT_EQ(told({first, other}), "c");
  EXPECT_EQ(told({first, other, failed, again}), "b c1");
  EXPECT_EQ(told({first, other, failed, again, third}), "b c1 c4");
}

TEST(CallResult, fields_stand_in_a_fixed_order_in_front_of_the_answer) {
  const CallRecord first = success("c1", "The answer is 42."), second = success("c2", "Answer: 42");
  const std::vector<const CallRecord*> earlier{&first};
  EXPECT_EQ(render_call_result(second, {.earlier = earlier, .note = "hurry"}),
            R"({"call_id":"c2","status":"ok","final_answer":"42","agrees_with":["c1"],"answer":"Answer: 42","note":"hurry"})");
  EXPECT_EQ(render_call_result(failure("c9"), {.earlier = earlier}), R"({"call_id":"c9","status":"failed","error":"x"})");
}

TEST(CallResult, a_number_at_the_end_counts_where_one_answer_is_wanted) {
  const CallRecord first = success("c1", "6 times 7 makes 42"), second = success("c2", "That is\n42.0");
  EXPECT_EQ(told({first, second}, false), "");
  EXPECT_EQ(told({first, second}, true), "42 c1");
}

TEST(CallResult, what_states_no_answer_agrees_with_nothing) {
  const CallRecord poem = success("c1", "Roses are red"), same = success("c2", "Roses are red");
  EXPECT_EQ(told({poem, same}, true), "");
}

TEST(CallResult, a_long_answer_is_compared_but_not_told) {
  const std::string words(81, 'w'), most(80, 'w');
  const CallRecord first = success("c1", "Answer: " + words), second = success("c2", "the answer is " + words);
  EXPECT_EQ(told({first, second}), " c1");
  EXPECT_EQ(told({success("c1", "Answer: " + most)}), most);
}

TEST(CallResult, calls_of_one_turn_are_compared_with_those_in_front_of_them) {
  PolicyBench bench;
  bench.spec.request.messages[0].content = std::string("What is 6 times 7? Give the final answer.");
  Turn turn;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "42");
  bench.add_call(turn, "c2", "small-b", CallStatus::ok, "It is 42");
  bench.transcript.turns.push_back(turn);
  Turn next;
  bench.add_call(next, "c3", "big", CallStatus::ok, "41");
  bench.add_call(next, "c4", "big", CallStatus::ok, "42");
  bench.transcript.turns.push_back(next);
  const ChatRequest request = render_router_prompt(bench.prompt());
  ASSERT_EQ(request.messages.size(), 8u);
  const auto result = [&](std::size_t i) { return text_of(request.messages[i].content); };
  EXPECT_EQ(result(3), R"({"call_id":"c1","model":"small-a","status":"ok","final_answer":"42","answer":"42"})");
  EXPECT_EQ(result(4), R"({"call_id":"c2","model":"small-b","status":"ok","final_answer":"42","agrees_with":["c1"],"answer":"It is 42"})");
  EXPECT_EQ(result(6), R"({"call_id":"c3","model":"big","status":"ok","final_answer":"41","answer":"41"})");
  EXPECT_EQ(result(7), R"({"call_id":"c4","model":"big","status":"ok","final_answer":"42","agrees_with":["c1","c2"],"answer":"42"})");
}

TEST(CallResult, an_answer_that_calls_the_users_tool_is_shown_as_such) {
  CallRecord record = success("c1", "");
  record.reply->choices.front().message.tool_calls.push_back(tool_call("get_weather", "{\"city\":\"Ulm\"}"));
  EXPECT_EQ(render_call_result(record),
            R"({"call_id":"c1","status":"ok","answer":"[calls the user's tool get_weather with {\"city\":\"Ulm\"}]"})");
}

}  // namespace
}  // namespace xrouter::policy
