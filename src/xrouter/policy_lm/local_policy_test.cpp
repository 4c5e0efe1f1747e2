#include "xrouter/policy_lm/local_policy.hpp"

#include <gtest/gtest.h>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/router_prompt.hpp"
#include "xrouter/policy_lm/toy_router.hpp"

namespace xrouter::policy_lm {
namespace {

using namespace std::chrono_literals;
using policy::PolicyBench;

constexpr std::string_view kCallSmall = "<tool_call>\n{\"name\": \"call_small_a\", \"arguments\": {}}\n</tool_call>";

struct Bench : PolicyBench {
  std::shared_ptr<ScriptedGenerator> generator = std::make_shared<ScriptedGenerator>();
  std::shared_ptr<RouterModel> model = toy_router(generator);
  LocalPolicy local{model, Rng(1), {.timeout = 5s}};

  PolicyReply decide(const DecisionPrompt& prompt) {
    CallScope scope(world.executor(), world.timers(), Deadline::never(), "req");
    return world.run(local.decide(prompt, scope));
  }
  PolicyReply decide() { return decide(prompt()); }
};

std::string text_of(const std::vector<lm::TokenId>& tokens) { return toy_tokenizer()->decode(tokens); }

TEST(LocalPolicy, text_is_a_direct_answer) {
  Bench bench;
  bench.generator->then("It is 42.");
  const PolicyReply reply = bench.decide();
  ASSERT_FALSE(reply.error) << reply.error->describe();
  EXPECT_EQ(reply.text, "It is 42.");
  EXPECT_TRUE(reply.tool_calls.empty());
  EXPECT_EQ(reply.finish_reason, FinishReason::stop);
  EXPECT_FALSE(reply.commit) << "a language model does not know beforehand";
}

TEST(LocalPolicy, a_call_is_a_call_with_what_it_cost_and_how_it_came_about) {
  Bench bench;
  bench.generator->then("<tool_call>\n{\"name\": \"call_big\", \"arguments\": {\"temperature\": 0.1}}\n</tool_call>");
  const PolicyReply reply = bench.decide();
  ASSERT_FALSE(reply.error) << reply.error->describe();
  ASSERT_EQ(reply.tool_calls.size(), 1u);
  EXPECT_EQ(reply.tool_calls[0].name, "call_big");
  EXPECT_EQ(reply.tool_calls[0].arguments, "{\"temperature\": 0.1}");
  EXPECT_EQ(reply.finish_reason, FinishReason::tool_calls);
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].model.value, "toy");
  EXPECT_EQ(reply.attempts[0].usage.prompt_tokens, static_cast<std::int64_t>(bench.generator->requests[0].prompt.size()));
  EXPECT_GT(reply.attempts[0].usage.cached_tokens, 0);
  EXPECT_EQ(reply.attempts[0].cost.total(), Usd::zero()) << "free, as the catalogue does not know it";
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::reported);
  ASSERT_TRUE(reply.trace);
  EXPECT_EQ(reply.trace->prompt, bench.generator->requests[0].prompt);
  EXPECT_EQ(reply.attempts[0].usage.completion_tokens + 1, static_cast<std::int64_t>(reply.trace->reply.size())) << "and the end token";
  EXPECT_TRUE(reply.trace->ended);
  EXPECT_EQ(reply.trace->reply.back().id, toy_tokenizer()->end());
}

TEST(LocalPolicy, a_router_of_the_catalogue_is_paid_by_its_price) {
  Bench bench;
  bench.spec.router = &bench.router;
  bench.generator->then(std::string(kCallSmall));
  const PolicyReply reply = bench.decide();
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].model, bench.router.id);
  EXPECT_EQ(reply.attempts[0].cost.total(), bench.router.price.cost_of(reply.attempts[0].usage).total());
  EXPECT_GT(*reply.attempts[0].cost.total(), Usd::zero());
}

TEST(LocalPolicy, a_decision_that_could_pass_the_cost_limit_is_not_made) {
  Bench bench;
  bench.spec.router = &bench.router;
  DecisionPrompt prompt = bench.prompt();
  prompt.cost_left = Usd::from_pico(1000);
  const PolicyReply reply = bench.decide(prompt);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::insufficient_quota);
  EXPECT_TRUE(bench.generator->requests.empty());
  EXPECT_TRUE(reply.attempts.empty()) << "nothing was spent";
}

TEST(LocalPolicy, reads_the_beginning_of_a_call_with_the_prompt_where_words_are_allowed_too) {
  Bench bench;
  bench.generator->then("Yes.").then(std::string(kCallSmall));
  bench.decide();
  EXPECT_EQ(text_of(bench.generator->requests[0].likely_start).rfind("<tool_call>\n{\"name\": \"", 0), 0u);
  DecisionPrompt must_call = bench.prompt();
  must_call.may_answer = false;
  bench.decide(must_call);
  EXPECT_TRUE(bench.generator->requests[1].likely_start.empty()) << "it is forced anyway";
}

TEST(LocalPolicy, reads_the_prompt_that_a_remote_router_would_read) {
  Bench bench;
  bench.generator->then("Yes.");
  bench.decide();
  const ChatRequest request = policy::render_router_prompt(bench.prompt());
  const auto spans = bench.model->format->render(request.messages, request.tools, chat_format::Thinking::off);
  EXPECT_EQ(bench.generator->requests[0].prompt, chat_format::encode(*spans, *toy_tokenizer()));
}

TEST(LocalPolicy, a_later_turn_continues_the_tokens_of_the_earlier_one) {
  Bench bench;
  bench.generator->then(std::string(kCallSmall)).then("<tool_call>\n{\"name\": \"select_response\", \"arguments\": {\"call_id\": \"c1\"}}\n</tool_call>");
  bench.pool.on("small-a", "42");
  const Outcome outcome = bench.run(bench.local);
  ASSERT_TRUE(outcome.answer);
  EXPECT_EQ(outcome.answer->text(), "42");
  EXPECT_EQ(outcome.source, AnswerSource::selected);
  ASSERT_EQ(bench.generator->requests.size(), 2u);
  const auto& first = bench.generator->requests[0].prompt;
  const auto& second = bench.generator->requests[1].prompt;
  ASSERT_GT(second.size(), first.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
  const std::string more = text_of({second.begin() + static_cast<std::ptrdiff_t>(first.size()), second.end()});
  EXPECT_EQ(more, std::string(kCallSmall) + "<|im_end|>\n<|im_start|>user\n<tool_response>\n"
                                            R"({"call_id":"c1","model":"small-a","status":"ok","answer":"42"})"
                                            "\n</tool_response><|im_end|>\n<|im_start|>assistant\n");
}

TEST(LocalPolicy, the_answer_of_a_final_call_is_relayed_while_it_is_made) {
  Bench bench;
  bench.generator->then("<tool_call>\n{\"name\": \"call_small_a\", \"arguments\": {\"final\": true}}\n</tool_call>");
  bench.pool.on("small-a", "42");
  CollectingSink client;
  const Outcome outcome = bench.run(bench.local, &client);
  EXPECT_EQ(client.text(), "42");
  EXPECT_TRUE(outcome.relayed);
  EXPECT_EQ(outcome.source, AnswerSource::selected);
  EXPECT_EQ(outcome.turns_used, 1);
  EXPECT_EQ(bench.generator->requests.size(), 1u);
}

TEST(LocalPolicy, tokens_of_other_weights_are_not_continued_but_written_anew) {
  Bench bench;
  bench.generator->then(std::string(kCallSmall)).then("It is 42.").then("It is 42.");
  PolicyReply first = bench.decide();
  Turn turn;
  turn.trace = first.trace;
  bench.add_call(turn, "c1", "small-a", CallStatus::ok, "42");
  bench.transcript.turns.push_back(std::move(turn));
  bench.decide();
  bench.model->version = "toy@2";
  bench.decide();
  EXPECT_EQ(text_of(bench.generator->requests[1].prompt), text_of(bench.generator->requests[2].prompt)) << "the text is the same";
}

TEST(LocalPolicy, a_conversation_without_room_for_a_decision_is_a_clear_error) {
  Bench bench;
  bench.spec.request.messages[0].content = std::string(70'000, 'x');
  const PolicyReply reply = bench.decide();
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::context_length);
  EXPECT_NE(reply.error->public_text.find("context of 60000 tokens"), std::string::npos) << reply.error->public_text;
  EXPECT_TRUE(bench.generator->requests.empty());
}

TEST(LocalPolicy, a_reply_that_is_cut_off_counts_as_far_as_it_is_certain) {
  Bench bench;
  const std::string call(kCallSmall);
  bench.generator->then("It is 42.", 3).then(call, 20).then(call + "\n" + call, static_cast<int>(call.size()) + 5);
  const PolicyReply text = bench.decide();
  EXPECT_FALSE(text.error);
  EXPECT_EQ(text.finish_reason, FinishReason::length);
  EXPECT_TRUE(std::string("It is 42.").starts_with(text.text)) << text.text;
  const PolicyReply half_a_call = bench.decide();
  ASSERT_TRUE(half_a_call.error);
  EXPECT_EQ(half_a_call.error->kind, ErrorKind::no_usable_answer);
  EXPECT_FALSE(half_a_call.attempts.empty());
  const PolicyReply one_and_a_half = bench.decide();
  EXPECT_FALSE(one_and_a_half.error);
  EXPECT_EQ(one_and_a_half.tool_calls.size(), 1u);
  EXPECT_FALSE(one_and_a_half.trace->ended);
}

TEST(LocalPolicy, its_time_limit_cancels_the_generation_and_bills_what_was_read) {
  Bench bench;
  bench.generator->holds = true;
  const PolicyReply reply = bench.decide();
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::attempt_timeout);
  EXPECT_EQ(bench.world.now() - FakeClock::kStart, 5s);
  EXPECT_EQ(bench.generator->cancelled, 1);
  ASSERT_EQ(reply.attempts.size(), 1u);
  EXPECT_EQ(reply.attempts[0].usage.prompt_tokens, 7);
  EXPECT_EQ(reply.attempts[0].error, ErrorKind::attempt_timeout);
}

TEST(LocalPolicy, a_worker_that_ends_in_the_middle_leaves_nothing_behind) {
  Bench bench;
  bench.generator->holds = true;
  auto io = std::make_unique<boost::asio::io_context>();
  CallScope scope(io->get_executor(), bench.world.timers(), Deadline::never(), "req");
  const DecisionPrompt prompt = bench.prompt();
  boost::asio::co_spawn(*io, bench.local.decide(prompt, scope), [](std::exception_ptr, PolicyReply) {});
  io->poll();
  EXPECT_EQ(bench.generator->requests.size(), 1u);
  io.reset();                    // and the waiting coroutine with it
  bench.generator->cancel(1);  // finishes into the void
}

TEST(LocalPolicy, a_full_queue_is_overloaded) {
  Bench bench;
  bench.generator->refuse = true;
  const PolicyReply reply = bench.decide();
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->kind, ErrorKind::overloaded);
}

TEST(LocalPolicy, sampling_is_what_was_configured) {
  Bench bench;
  bench.generator->then("a").then("b").then("c");
  bench.spec.router_output_tokens = 99;
  bench.decide();
  EXPECT_EQ(bench.generator->requests[0].sampling.temperature, 0);
  EXPECT_EQ(bench.generator->requests[0].sampling.max_tokens, 99);
  bench.local = LocalPolicy(bench.model, Rng(2), {.temperature = 0.7});
  bench.decide();
  bench.decide();
  EXPECT_EQ(bench.generator->requests[1].sampling.temperature, 0.7);
  EXPECT_NE(bench.generator->requests[1].sampling.seed, bench.generator->requests[2].sampling.seed);
}

}  // namespace
}  // namespace xrouter::policy_lm
