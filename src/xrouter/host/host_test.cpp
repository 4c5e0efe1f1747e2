// What a client of `host` sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/host/test_host.hpp"

namespace xrouter::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kToolCall = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>";

TEST(Host, answers_with_what_the_model_says) {
  TestHost host;
  const Answer answer = host.ask_and_say("", "Hello you.");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(host.prompt(),
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
            "assistant.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(answer.text_at("choices.0.message.content"), "Hello you.");
  EXPECT_EQ(answer.text_at("choices.0.message.role"), "assistant");
  EXPECT_EQ(answer.text_at("choices.0.finish_reason"), "stop");
  EXPECT_EQ(answer.text_at("model"), "tiny");
  EXPECT_EQ(answer.text_at("object"), "chat.completion");
  EXPECT_EQ(answer.text_at("usage.completion_tokens"), "10");
  EXPECT_EQ(answer.text_at("usage.prompt_tokens"), std::to_string(host.generator->asked[0].request.prompt.size()));
  EXPECT_EQ(answer.text_at("usage.prompt_tokens_details.cached_tokens"), "5");
  EXPECT_EQ(answer.text_at("router_metadata"), "<absent>");
  EXPECT_TRUE(answer.headers.has("x-request-id"));
}

TEST(Host, streams_tokens_as_they_come) {
  TestHost host;
  const Answer answer = host.ask(R"(,"stream":true,"stream_options":{"include_usage":true})", [&] {
    host.generator->say(0, "Hel");
    host.world.run_ready();
    host.generator->say(0, "lo.");
    host.world.run_ready();
    host.generator->end(0);
  });
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.get("content-type"), "text/event-stream");
  const std::vector<std::string> events = answer.events();
  ASSERT_EQ(events.size(), 6U) << answer.body;
  EXPECT_THAT(events[0], HasSubstr(R"("delta":{"role":"assistant"})"));
  EXPECT_THAT(events[1], HasSubstr(R"("delta":{"content":"Hel"})"));
  EXPECT_THAT(events[2], HasSubstr(R"("delta":{"content":"lo."})"));
  EXPECT_THAT(events[3], HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(events[4], HasSubstr(R"("choices":[],"usage":{"prompt_tokens":)"));
  EXPECT_EQ(events[5], "[DONE]");
}

TEST(Host, calls_of_tools_come_as_calls_and_end_with_tool_calls) {
  for (const bool stream : {false, true}) {
    TestHost host;
    const Answer answer = host.ask_and_say(",\"tools\":[" + kWeatherTool + "]" + (stream ? ",\"stream\":true" : ""), kToolCall);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(R"("name":"weather","arguments":"{\"city\": \"Rome\"}")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("finish_reason":"tool_calls")"));
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("<tool_call>")));
    EXPECT_TRUE(host.generator->asked[0].request.grammar) << "calls are always constrained";
    EXPECT_THAT(host.prompt(), HasSubstr("<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"weather\", "));
  }
}

TEST(Host, ids_of_calls_differ_from_reply_to_reply) {
  TestHost host;
  const std::string tools = ",\"tools\":[" + kWeatherTool + "]";
  const Answer first = host.ask_and_say(tools, kToolCall + "\n" + kToolCall);
  const Answer second = host.ask_and_say(tools, kToolCall);
  const std::string a = first.text_at("choices.0.message.tool_calls.0.id"), b = first.text_at("choices.0.message.tool_calls.1.id"),
                    c = second.text_at("choices.0.message.tool_calls.0.id");
  EXPECT_TRUE(a.starts_with("call_")) << first.body;
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
}

TEST(Host, without_tools_what_looks_like_a_call_is_text) {
  TestHost host;
  EXPECT_EQ(host.ask_and_say("", kToolCall).text_at("choices.0.message.content"), kToolCall);
  EXPECT_FALSE(host.generator->asked[0].request.grammar);
}

TEST(Host, results_of_tools_go_back_to_the_model) {
  TestHost host;
  host.post(R"({"model":"tiny","tools":[)" + kWeatherTool + R"(],"messages":[{"role":"user","content":"hi"},
      {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},
      {"role":"tool","tool_call_id":"c","content":"sunny"}]})",
            [&] { host.answer_all("ok"); });
  EXPECT_THAT(host.prompt(), HasSubstr("<|im_start|>assistant\n" + kToolCall +
                                       "<|im_end|>\n<|im_start|>user\n<tool_response>\nsunny\n</tool_response><|im_end|>\n"));
}

TEST(Host, thinking_comes_apart_from_the_answer) {
  for (const bool stream : {false, true}) {
    TestHost host({}, {}, "qwen3");
    const Answer answer =
        host.ask_and_say(std::string(R"(,"chat_template_kwargs":{"enable_thinking":true})") + (stream ? ",\"stream\":true" : ""),
                         "<think>\nhm\n</think>\n\nYes.");
    EXPECT_THAT(answer.body, HasSubstr(R"("reasoning_content":"hm")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("content":"Yes.")"));
    EXPECT_TRUE(host.prompt().ends_with("<|im_start|>assistant\n")) << host.prompt();
  }
  TestHost host({}, {}, "qwen3");
  host.ask_and_say("", "Yes.");
  EXPECT_TRUE(host.prompt().ends_with("<think>\n\n</think>\n\n")) << host.prompt();
}

TEST(Host, an_answer_that_was_cut_off_says_so) {
  TestHost host;
  const Answer answer = host.ask(R"(,"max_tokens":3)", [&] {
    host.generator->say(0, "abc");
    host.generator->end(0, lm::StopCause::max_tokens);
  });
  EXPECT_EQ(answer.text_at("choices.0.finish_reason"), "length");
  EXPECT_EQ(host.generator->asked[0].request.sampling.max_tokens, 3);
}

TEST(Host, half_a_call_is_no_answer) {
  for (const bool stream : {false, true}) {
    TestHost host;
    const Answer answer = host.ask(",\"tools\":[" + kWeatherTool + "]" + (stream ? ",\"stream\":true" : ""), [&] {
      host.generator->say(0, kToolCall.substr(0, kToolCall.size() - 20));
      host.generator->end(0, lm::StopCause::max_tokens);
    });
    EXPECT_THAT(answer.body, HasSubstr(R"("finish_reason":"length")"));
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("tool_call>")));
  }
}

TEST(Host, logprobs_are_those_of_the_tokens) {
  for (const bool stream : {false, true}) {
    TestHost host;
    const Answer answer =
        host.ask_and_say(std::string(R"(,"logprobs":true,"top_logprobs":2)") + (stream ? ",\"stream\":true" : ""), "a\xc3\xa9");
    EXPECT_THAT(
        answer.body,
        HasSubstr(R"({"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-0.5,"bytes":[97]},{"token":"z")"))
        << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("{\"token\":\"\xef\xbf\xbd\",\"logprob\":-0.5,\"bytes\":[195]"));
  }
}

TEST(Host, several_choices_are_generated_with_seeds_of_their_own) {
  TestHost host;
  const Answer answer = host.ask(R"(,"n":2,"seed":7)", [&] {
    host.generator->say(1, "second");
    host.generator->end(1);
    host.generator->say(0, "first");
    host.generator->end(0);
  });
  EXPECT_EQ(answer.text_at("choices.0.message.content"), "first");
  EXPECT_EQ(answer.text_at("choices.1.message.content"), "second");
  EXPECT_EQ(answer.text_at("usage.completion_tokens"), "11");
  EXPECT_EQ(host.generator->asked[0].request.sampling.seed, 7U);
  EXPECT_NE(host.generator->asked[1].request.sampling.seed, 7U);
}

TEST(Host, a_full_queue_is_told_with_the_time_to_come_back) {
  TestHost host;
  host.generator->room = 1;
  const Answer answer = host.ask(R"(,"n":2)");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.get("retry-after"), "1");
  EXPECT_EQ(answer.headers.get("x-should-retry"), "true");
  EXPECT_THAT(host.generator->cancelled, ElementsAre(0U)) << "what was begun for the same request ends";
}

TEST(Host, a_client_that_leaves_cancels_its_generations) {
  TestHost host;
  CallScope scope(host.world.executor(), host.world.timers(), Deadline::never(), "client");
  const net::HttpRequest request = TestHost::post_request(TestHost::body_of(""));
  boost::asio::co_spawn(host.world.io(), host.client.send(TestHost::kOrigin, request, scope), boost::asio::detached);
  host.world.run_ready();
  ASSERT_EQ(host.generator->asked.size(), 1U);
  scope.cancel();
  host.world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(host.generator->cancelled, ElementsAre(0U));
  EXPECT_THAT(host.shared.metrics.render(), HasSubstr(R"(xrouter_host_requests_total{route="chat",status="499"} 1)"));
}

TEST(Host, what_the_generator_says_after_the_client_has_left_reaches_nobody) {
  TestHost host;
  CallScope scope(host.world.executor(), host.world.timers(), Deadline::never(), "client");
  const net::HttpRequest request = TestHost::post_request(TestHost::body_of(R"(,"stream":true)"));
  boost::asio::co_spawn(host.world.io(), host.client.send(TestHost::kOrigin, request, scope), boost::asio::detached);
  host.world.run_ready();
  host.generator->say(0, "a");
  scope.cancel();
  host.generator->say(0, "b");
  host.world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(host.generator->cancelled, ElementsAre(0U));
  host.generator->say(0, "c");
  host.world.run_ready();
}

TEST(Host, a_failure_before_the_first_token_has_its_status_and_one_after_it_stands_in_the_stream) {
  TestHost host;
  const Error failure{.kind = ErrorKind::internal, .public_text = "secret", .internal_text = "secret"};
  const Answer early = host.ask(R"(,"stream":true)", [&] { host.generator->fail_with(0, failure); });
  EXPECT_EQ(early.status, 500);
  EXPECT_THAT(early.body, ::testing::Not(HasSubstr("secret")));
  const Answer late = host.ask(R"(,"stream":true)", [&] {
    host.generator->say(1, "a");
    host.world.run_ready();
    host.generator->fail_with(1, failure);
  });
  EXPECT_EQ(late.status, 200);
  EXPECT_THAT(late.body, HasSubstr(R"(data: {"error":)"));
  EXPECT_THAT(late.body, ::testing::Not(HasSubstr("[DONE]")));
}

TEST(Host, a_slow_model_keeps_its_stream_alive_with_comments) {
  TestHost host;
  const Answer answer = host.ask(R"(,"stream":true)", [&] {
    host.world.run_for(std::chrono::seconds(25));
    host.answer_all("late");
  });
  EXPECT_TRUE(answer.body.starts_with(":")) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("late"));
}

TEST(Host, lists_its_one_model) {
  TestHost host;
  EXPECT_EQ(host.get("/v1/models").text_at("data.0.id"), "tiny");
  EXPECT_EQ(host.get("/v1/models/tiny").status, 200);
  const Answer unknown = host.get("/v1/models/other");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.text_at("error.code"), "model_not_found");
}

TEST(Host, keys_guard_everything_but_the_probes) {
  config::ServerConfig config;
  config.api_key_hashes = {server::hash_of_key("sk-1")};
  TestHost host(config);
  EXPECT_EQ(host.get("/v1/models").status, 401);
  EXPECT_EQ(host.get("/metrics").status, 401);
  EXPECT_EQ(host.get("/health").status, 200);
  EXPECT_EQ(host.get("/ready").status, 200);
  net::HttpRequest with_key{.method = "GET", .target = "/v1/models"};
  with_key.headers.add("authorization", "Bearer sk-1");
  EXPECT_EQ(host.send(with_key).status, 200);
}

TEST(Host, refuses_web_pages_unknown_routes_and_requests_while_it_drains) {
  TestHost host;
  net::HttpRequest page = TestHost::post_request(TestHost::body_of(""));
  page.headers.add("origin", "https://evil.example");
  EXPECT_EQ(host.send(page).status, 403);
  EXPECT_EQ(host.get("/v1/embeddings").status, 404);
  const Answer wrong_method = host.get("/v1/chat/completions");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.get("allow"), "POST");
  host.shared.draining = true;
  EXPECT_EQ(host.ask().status, 503);
  EXPECT_EQ(host.get("/ready").status, 503);
  EXPECT_EQ(host.get("/health").status, 200);
}

TEST(Host, metrics_tell_what_the_generator_does) {
  TestHost host;
  host.generator->figures = {.requests = 3,
                             .refused = 2,
                             .prompt_tokens = 50,
                             .cached_tokens = 20,
                             .generated_tokens = 9,
                             .forced_tokens = 4,
                             .running = 1,
                             .waiting = 6};
  host.ask_and_say("", "four");
  host.get("/metrics");
  const std::string text = host.get("/metrics").body;
  for (const std::string_view line :
       {"xrouter_host_waiting 6", "xrouter_host_running 1", "xrouter_host_refused_total 2", "xrouter_host_tokens_total{kind=\"cached\"} 20",
        "xrouter_host_time_to_first_token_seconds_count 1", "xrouter_host_time_per_token_seconds_count 1",
        "xrouter_host_generations_total{cause=\"end_token\"} 1", "xrouter_host_requests_total{route=\"chat\",status=\"200\"} 1"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace xrouter::host
