#include "xrouter/mock/plan.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "xrouter/json/parse.hpp"
#include "xrouter/mock/stats.hpp"

namespace xrouter::mock {
namespace {

Behaviour behaviour_of(std::string_view text) {
  auto value = json::parse(text).value();
  return parse_behaviour(value, "", {}).value();
}

MockRequest stream_request(bool include_usage = false) {
  MockRequest request;
  request.model = "m";
  request.last_user_text = request.all_text = "What is 1+1?";
  request.messages = 1;
  request.stream = true;
  request.include_usage = include_usage;
  return request;
}

std::string all_bytes(const Plan& plan) { return std::accumulate(plan.pieces.begin(), plan.pieces.end(), std::string()); }

boost::json::value body_of(const Plan& plan) { return json::parse(plan.pieces.at(0)).value(); }

TEST(Plan, the_same_exchange_gives_the_same_bytes) {
  EXPECT_EQ(all_bytes(make_plan(stream_request(), {})), all_bytes(make_plan(stream_request(), {})));
}

TEST(Plan, a_stream_begins_with_the_role_and_ends_with_done) {
  const Plan plan = make_plan(stream_request(), behaviour_of(R"({"text": "ab", "chunks": 2})"));
  ASSERT_EQ(plan.pieces.size(), 5u) << "role, a, b, finish, [DONE]";
  EXPECT_NE(plan.pieces[0].find(R"("role":"assistant")"), std::string::npos);
  EXPECT_NE(plan.pieces[1].find(R"("content":"a")"), std::string::npos);
  EXPECT_NE(plan.pieces[3].find(R"("finish_reason":"stop")"), std::string::npos);
  EXPECT_EQ(plan.pieces[4], "data: [DONE]\n\n");
  EXPECT_EQ(all_bytes(plan).find("usage"), std::string::npos) << "nobody asked";
}

TEST(Plan, usage_goes_where_the_script_says) {
  const auto bytes = [](std::string_view script, bool asked) { return all_bytes(make_plan(stream_request(asked), behaviour_of(script))); };
  EXPECT_NE(bytes("{}", true).find(R"("choices":[],"usage":{"prompt_tokens")"), std::string::npos);
  EXPECT_NE(bytes(R"({"usage": {"place": "separate"}})", false).find(R"("choices":[],"usage")"), std::string::npos);
  EXPECT_EQ(bytes(R"({"usage": {"place": "last"}})", true).find(R"("choices":[])"), std::string::npos);
  EXPECT_EQ(bytes(R"({"usage": {"place": "none"}})", true).find("prompt_tokens"), std::string::npos);
  EXPECT_NE(bytes(R"({"usage": {"prompt_tokens": -7}})", true).find(R"("prompt_tokens":-7)"), std::string::npos);
}

TEST(Plan, tool_calls_resolve_offered_names_and_come_in_fragments) {
  MockRequest request = stream_request();
  request.tool_names = {"call_a", "call_b"};
  const Behaviour behaviour = behaviour_of(R"({"tool_calls": [{"name": "$1", "arguments": {"city": "Zürich"}}]})");
  const Plan streamed = make_plan(request, behaviour);
  EXPECT_NE(streamed.pieces[1].find(R"("index":0,"id":"call_mock_1_1","type":"function","function":{"name":"call_b","arguments":"")"), std::string::npos);
  EXPECT_EQ(streamed.pieces[2].find("call_b"), std::string::npos) << "the name comes once";
  request.stream = false;
  const auto body = body_of(make_plan(request, behaviour));
  EXPECT_EQ(body.at("choices").at(0).at("finish_reason"), "tool_calls");
  EXPECT_EQ(body.at("choices").at(0).at("message").at("tool_calls").at(0).at("function").at("arguments"), R"({"city":"Zürich"})");
  EXPECT_TRUE(body.at("choices").at(0).at("message").at("content").is_null());
}

TEST(Plan, n_choices_and_logprobs_are_given_when_asked_for) {
  MockRequest request = stream_request();
  request.stream = false;
  request.n = 2;
  request.logprobs = true;
  request.top_logprobs = 3;
  const auto body = body_of(make_plan(request, behaviour_of(R"({"text": "abc"})")));
  ASSERT_EQ(body.at("choices").as_array().size(), 2u);
  EXPECT_EQ(body.at("choices").at(1).at("index"), 1);
  EXPECT_EQ(body.at("choices").at(0).at("logprobs").at("content").at(0).at("top_logprobs").as_array().size(), 3u);
}

TEST(Plan, errors_look_like_openai_and_keep_headers) {
  const Plan plan = make_plan(stream_request(), behaviour_of(R"({"status": 429, "headers": {"retry-after": "7"}, "error": {"message": "slow down"}})"));
  EXPECT_EQ(plan.status, 429);
  EXPECT_FALSE(plan.framed);
  EXPECT_EQ(plan.headers.get("Retry-After"), "7");
  EXPECT_EQ(body_of(plan).at("error").at("message"), "slow down");
  EXPECT_EQ(body_of(plan).at("error").at("code"), "rate_limit_exceeded");
}

TEST(Plan, a_split_moves_boundaries_but_no_byte) {
  const Behaviour whole = behaviour_of(R"({"text": "Grüße 世界 🚀"})");
  Behaviour split = whole;
  split.split_every = 1;
  const Plan plan = make_plan(stream_request(), split);
  EXPECT_EQ(all_bytes(plan), all_bytes(make_plan(stream_request(), whole)));
  EXPECT_EQ(plan.pieces.size(), all_bytes(plan).size());
  split.split_every = 0;
  split.split_at = {3, 5, 1'000'000};
  EXPECT_EQ(make_plan(stream_request(), split).pieces[1].size(), 2u);
}

TEST(Plan, a_cut_keeps_exactly_what_was_said) {
  const Plan whole = make_plan(stream_request(), {});
  const Plan events = make_plan(stream_request(), behaviour_of(R"({"cut": {"how": "reset", "events": 2}})"));
  EXPECT_EQ(events.pieces.size(), 2u);
  EXPECT_EQ(events.ending, Plan::Ending::reset);
  const Plan bytes = make_plan(stream_request(), behaviour_of(R"({"cut": {"how": "stall", "bytes": 300}})"));
  EXPECT_EQ(all_bytes(bytes), all_bytes(whole).substr(0, 300));
  const Plan head = make_plan(stream_request(), behaviour_of(R"({"cut": {"how": "close", "after": "head"}})"));
  EXPECT_TRUE(head.pieces.empty());
  EXPECT_FALSE(head.cut_before_head);
  EXPECT_TRUE(make_plan(stream_request(), behaviour_of(R"({"cut": {"how": "close", "after": "request"}})")).cut_before_head);
}

TEST(Plan, a_raw_body_is_sent_as_it_is) {
  const Plan plan = make_plan(stream_request(), behaviour_of(R"({"body": "data: 1\n\ndata: 2\n\n", "content_type": "text/event-stream"})"));
  EXPECT_EQ(plan.pieces, (std::vector<std::string>{"data: 1\n\n", "data: 2\n\n"}));
  const Plan object = make_plan(stream_request(), behaviour_of(R"({"body": {"error": {}}})"));
  EXPECT_EQ(object.pieces.at(0), R"({"error":{}})");
  EXPECT_EQ(object.headers.get("content-type"), "application/json");
}

TEST(CutText, never_cuts_inside_a_character) {
  for (std::size_t count = 1; count < 20; ++count) {
    std::string joined;
    for (const std::string& piece : cut_text("aé世🚀z", count)) {
      EXPECT_TRUE(json::parse(json::quote(piece))) << "valid UTF-8";
      joined += piece;
    }
    EXPECT_EQ(joined, "aé世🚀z");
  }
  EXPECT_TRUE(cut_text("", 3).empty());
}

TEST(Stats, charges_what_was_reported_and_sent_to_the_end) {
  const Price price{.input = Usd::from_pico(10), .output = Usd::from_pico(100), .cached_input = Usd::from_pico(1), .reasoning = Usd::from_pico(100)};
  MockRequest request = stream_request(true);
  const Plan plan = make_plan(request, behaviour_of(R"({"usage": {"prompt_tokens": 50, "completion_tokens": 7, "cached_tokens": 20, "reasoning_tokens": 5}})"));
  Stats stats;
  for (Outcome outcome : {Outcome::completed, Outcome::left_mid_response, Outcome::completed}) {
    stats.begin(plan);
    stats.end(plan, outcome, &price);
  }
  const auto told = json::parse(stats.to_json()).value();
  EXPECT_EQ(told.at("charged_pico"), 2 * (30 * 10 + 20 * 1 + 7 * 100));
  EXPECT_EQ(told.at("streams_cancelled"), 1);
  EXPECT_EQ(told.at("cancelled_mid_response"), 1);
  EXPECT_EQ(told.at("in_flight"), 0);
  EXPECT_EQ(told.at("by_model").at("m").at("completion_tokens"), 14);
}

TEST(Stats, does_not_bill_counts_that_no_one_would) {
  const Price price{.input = Usd::from_pico(10), .output = Usd::from_pico(100)};
  const Plan plan = make_plan(stream_request(true), behaviour_of(R"({"usage": {"prompt_tokens": 9000000000000000000, "completion_tokens": -1}})"));
  Stats stats;
  stats.begin(plan);
  stats.end(plan, Outcome::completed, &price);
  const auto told = json::parse(stats.to_json()).value();
  EXPECT_EQ(told.at("charged_pico"), 0);
  EXPECT_EQ(told.at("by_model").at("m").at("unpriced"), 1);
}

}  // namespace
}  // namespace xrouter::mock
