#include "xrouter/mock/script.hpp"

#include <gtest/gtest.h>

#include "xrouter/json/parse.hpp"

namespace xrouter::mock {
namespace {

MockRequest request_for(std::string model, std::string text = "hello") {
  MockRequest request;
  request.model = std::move(model);
  request.last_user_text = text;
  request.all_text = std::move(text);
  return request;
}

ScriptRunner runner_of(std::string_view script) { return ScriptRunner(parse_script(script).value()); }

int status_for(ScriptRunner& runner, const MockRequest& request, const net::Headers& headers = {}) {
  return runner.choose(request, headers).value().behaviour.status;
}

TEST(Script, the_first_rule_that_matches_decides) {
  ScriptRunner runner = runner_of(R"({"rules": [
      {"when": {"model": "gpt-*", "prompt": "secret"}, "do": {"status": 403}},
      {"when": {"model": "gpt-*"}, "do": {"status": 500}}]})");
  EXPECT_EQ(status_for(runner, request_for("gpt-4o", "a secret")), 403);
  EXPECT_EQ(status_for(runner, request_for("gpt-4o")), 500);
  EXPECT_EQ(status_for(runner, request_for("other")), 200);
}

TEST(Script, steps_are_taken_in_turn_and_the_last_repeats_unless_it_cycles) {
  ScriptRunner once = runner_of(R"({"rules": [{"do": [{"status": 429}, {"status": 503}, {}]}]})");
  ScriptRunner cycling = runner_of(R"({"rules": [{"do": [{"status": 429}, {}], "cycle": true}]})");
  std::vector<int> first;
  std::vector<int> second;
  for (int i = 0; i < 4; ++i) {
    first.push_back(status_for(once, request_for("m")));
    second.push_back(status_for(cycling, request_for("m")));
  }
  EXPECT_EQ(first, (std::vector<int>{429, 503, 200, 200}));
  EXPECT_EQ(second, (std::vector<int>{429, 200, 429, 200}));
}

TEST(Script, nth_counts_the_requests_that_match_the_rest_of_the_rule) {
  ScriptRunner runner = runner_of(R"({"rules": [{"when": {"model": "a", "nth": [2, 3]}, "do": {"status": 500}}]})");
  EXPECT_EQ(status_for(runner, request_for("a")), 200);
  EXPECT_EQ(status_for(runner, request_for("b")), 200) << "does not count";
  EXPECT_EQ(status_for(runner, request_for("a")), 500);
  EXPECT_EQ(status_for(runner, request_for("a")), 500);
  EXPECT_EQ(status_for(runner, request_for("a")), 200);
  runner.reset();
  EXPECT_EQ(status_for(runner, request_for("a")), 200);
  EXPECT_EQ(status_for(runner, request_for("a")), 500);
}

TEST(Script, a_request_scripts_itself_by_header_or_by_prompt) {
  ScriptRunner runner = runner_of("{}");
  net::Headers headers;
  headers.set("X-Mock-Script", R"({"status": 418})");
  EXPECT_EQ(status_for(runner, request_for("m"), headers), 418);
  EXPECT_EQ(status_for(runner, request_for("m", "Hi <mock>{\"status\": 503}</mock>")), 503);
  const std::string only_a = R"(<mock>{"when": {"model": "a"}, "do": {"status": 503}}</mock>)";
  EXPECT_EQ(status_for(runner, request_for("a", only_a)), 503);
  EXPECT_EQ(status_for(runner, request_for("b", only_a)), 200);
}

TEST(Script, an_inline_script_that_is_wrong_is_refused) {
  ScriptRunner runner = runner_of("{}");
  EXPECT_FALSE(runner.choose(request_for("m", "<mock>{\"stauts\": 503}</mock>"), {}));
  EXPECT_FALSE(runner.choose(request_for("m", "<mock>{</mock>"), {}));
}

TEST(Script, presets_yield_to_the_scripts_own_rules) {
  ScriptRunner plain = runner_of("{}");
  EXPECT_EQ(status_for(plain, request_for("mock-503")), 503);
  ScriptRunner own = runner_of(R"({"rules": [{"when": {"model": "mock-*"}, "do": {"status": 404}}]})");
  EXPECT_EQ(status_for(own, request_for("mock-503")), 404);
}

TEST(Script, says_whether_the_same_request_gets_the_same_again) {
  ScriptRunner runner = runner_of(R"({"rules": [
      {"when": {"model": "a"}, "do": {}},
      {"when": {"model": "b"}, "do": [{}, {}]},
      {"when": {"model": "c", "nth": 7}, "do": {}}]})");
  EXPECT_TRUE(runner.choose(request_for("a"), {}).value().stable);
  EXPECT_TRUE(runner.choose(request_for("z"), {}).value().stable);
  EXPECT_FALSE(runner.choose(request_for("b"), {}).value().stable);
  EXPECT_FALSE(runner.choose(request_for("c"), {}).value().stable) << "the seventh will differ";
}

TEST(Script, errors_name_the_place) {
  const auto param = [](std::string_view script) { return parse_script(script).error().param; };
  EXPECT_EQ(param(R"({"rules": [{"do": {}}, {"do": {"delay": 5}}]})"), "rules[1].do.delay");
  EXPECT_EQ(param(R"({"rules": [{"when": {"modle": "x"}, "do": {}}]})"), "rules[0].when.modle");
  EXPECT_EQ(param(R"({"rules": [{"when": {}}]})"), "rules[0].do");
  EXPECT_EQ(param(R"({"rules": [{"do": [{}, {"cut": {"how": "bite", "events": 1}}]}]})"), "rules[0].do[1].cut.how");
  EXPECT_EQ(param(R"({"rules": [{"do": {"cut": {"how": "reset"}}}]})"), "rules[0].do.cut");
  EXPECT_EQ(param(R"({"prices": {"m": {"input": "1"}}})"), "prices.m");
  EXPECT_EQ(param(R"({"prices": {"m": {"input": "0.0000001", "output": "1"}}})"), "prices.m.input");
  EXPECT_FALSE(parse_script("[]"));
}

TEST(Script, prices_are_exact_per_token) {
  const Script script = parse_script(R"({"prices": {"gpt-*": {"input": "2.50", "output": "10", "cached_input": "1.25"}}})").value();
  const ScriptRunner runner(script);
  const Price* price = runner.price_of("gpt-4o");
  ASSERT_NE(price, nullptr);
  EXPECT_EQ(price->input->pico(), 2'500'000);
  EXPECT_EQ(price->output->pico(), 10'000'000);
  EXPECT_EQ(price->cached_input->pico(), 1'250'000);
  EXPECT_EQ(price->reasoning, price->output);
  EXPECT_EQ(runner.price_of("claude"), nullptr);
}

TEST(Pattern, a_star_stands_for_any_text) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("gpt-*", "gpt-4o"));
  EXPECT_TRUE(matches_pattern("*-mini*", "gpt-4o-mini-2024"));
  EXPECT_FALSE(matches_pattern("gpt", "gpt-4o"));
  EXPECT_FALSE(matches_pattern("a*b", "a"));
}

TEST(Delay, draws_from_its_percentiles) {
  Rng rng(7);
  const Delay fixed = Delay::fixed(20);
  EXPECT_EQ(fixed.draw(rng), std::chrono::milliseconds(20));
  const Delay spread({{0.0, 10.0}, {0.5, 20.0}, {1.0, 100.0}});
  int below_median = 0;
  for (int i = 0; i < 1000; ++i) {
    const Duration drawn = spread.draw(rng);
    EXPECT_GE(drawn, std::chrono::milliseconds(10));
    EXPECT_LE(drawn, std::chrono::milliseconds(100));
    below_median += drawn < std::chrono::milliseconds(20);
  }
  EXPECT_NEAR(below_median, 500, 60);
}

TEST(Request, turn_counts_assistant_messages_since_the_last_user_message) {
  const auto turn = [](std::string_view messages) {
    return read_request("{\"model\":\"m\",\"messages\":" + std::string(messages) + "}").value().turn;
  };
  EXPECT_EQ(turn(R"([{"role":"user","content":"a"}])"), 1);
  EXPECT_EQ(turn(R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}])"), 1);
  EXPECT_EQ(turn(R"([{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","tool_call_id":"x","content":"r"}])"), 2);
}

TEST(Request, what_a_server_would_refuse_is_refused) {
  for (std::string_view bad : {"{}", R"({"model":"m"})", R"({"model":"m","messages":[]})", R"({"model":"m","messages":[{"content":"x"}]})",
                               R"({"model":"m","messages":[{"role":"tool","content":"x"}]})", R"({"model":1,"messages":[{"role":"user","content":"x"}]})"})
    EXPECT_FALSE(read_request(bad)) << bad;
}

}  // namespace
}  // namespace xrouter::mock
