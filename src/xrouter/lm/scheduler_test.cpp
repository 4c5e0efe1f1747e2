#include "xrouter/lm/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "xrouter/lm/toy_generation_test.hpp"

namespace xrouter::lm {
namespace {

using testing::HasSubstr;

struct SchedulerTest : testing::Test {
  std::shared_ptr<RecordingSink> submit(Scheduler& scheduler, GenerationRequest request) {
    auto sink = std::make_shared<RecordingSink>();
    scheduler.submit(++last_ticket, std::move(request), sink, world.clock().now());
    return sink;
  }
  GenerationRequest request(std::string_view text, int max_tokens = 20, std::uint64_t seed = 7) const {
    GenerationRequest made;
    made.prompt = world.prompt(text);
    made.sampling.seed = seed;
    made.sampling.max_tokens = max_tokens;
    return made;
  }
  static void run(Scheduler& scheduler) {
    for (int steps = 0; scheduler.step(); ++steps) ASSERT_LT(steps, 100'000);
  }

  ToyWorld world{ascii_toy()};
  std::uint64_t last_ticket = 0;
};

std::string letters(std::size_t count, char letter) { return std::string(count, letter); }

TEST_F(SchedulerTest, greedy_takes_the_likeliest_token_at_each_place) {
  GenerationRequest greedy = request("the model", 12);
  greedy.sampling.temperature = 0;
  const Generation reply = world.alone(greedy);
  std::vector<TokenId> tokens = greedy.prompt;
  for (const GeneratedToken& token : reply.tokens) {
    const std::vector<float> logits = world.model->logits_after(tokens);
    EXPECT_EQ(token.id, std::max_element(logits.begin(), logits.end()) - logits.begin());
    tokens.push_back(token.id);
  }
  EXPECT_EQ(reply.cause, StopCause::max_tokens);
  EXPECT_EQ(reply.tokens.size(), 12U);
  EXPECT_EQ(reply.forward_passes, 12) << "the last token is not read";
}

TEST_F(SchedulerTest, a_batch_gives_what_each_request_gives_alone) {
  Scheduler scheduler(world.generation_model(), {.max_batch = 4, .prefill_chunk = 8}, world.clock());
  std::vector<GenerationRequest> requests;
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (std::size_t i = 0; i < 20; ++i) {
    requests.push_back(request(letters(1 + 7 * (i % 5), 'a') + "the model", 5 + static_cast<int>(i), i));
    sinks.push_back(submit(scheduler, requests.back()));
  }
  run(scheduler);
  for (std::size_t i = 0; i < requests.size(); ++i) expect_same_reply(sinks[i]->generation(), world.alone(requests[i]));
}

TEST_F(SchedulerTest, an_end_token_ends_the_reply_and_is_reported_apart) {
  ToyWorld ending({.bias = {{world.tokenizer->end(), 6.0F}}});
  int ended = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    GenerationRequest asked = request("abc", 200, seed);
    const Generation reply = ending.alone(asked);
    if (reply.cause != StopCause::end_token) continue;
    ++ended;
    EXPECT_EQ(reply.end.value().id, world.tokenizer->end());
    EXPECT_LT(reply.end->logprob, 0);
    for (const GeneratedToken& token : reply.tokens) EXPECT_NE(token.id, world.tokenizer->end());
    EXPECT_EQ(reply.text.find("<end>"), std::string::npos);
  }
  EXPECT_GT(ended, 15);
}

TEST_F(SchedulerTest, the_reply_ends_where_the_context_is_full) {
  ToyWorld small({.max_positions = 30});
  const Generation reply = small.alone(request(letters(20, 'z'), 500));
  EXPECT_EQ(reply.cause, StopCause::context_full);
  EXPECT_EQ(reply.tokens.size(), 10U);
  EXPECT_EQ(small.alone(request(letters(29, 'z'), 500)).tokens.size(), 1U);

  Scheduler scheduler(small.generation_model(), {}, small.clock());
  const auto too_long = submit(scheduler, request(letters(30, 'z'), 500));
  run(scheduler);
  ASSERT_TRUE(too_long->finished.has_value());
  EXPECT_EQ(too_long->finished->error().kind, ErrorKind::context_length);
  EXPECT_THAT(too_long->finished->error().public_text, HasSubstr("30"));
}

TEST_F(SchedulerTest, stop_texts_end_the_reply_and_are_no_part_of_it) {
  int stopped = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Generation free = world.alone(request("the", 60, seed));
    if (free.text.size() < 12) continue;
    GenerationRequest asked = request("the", 60, seed);
    asked.sampling.stop = {free.text.substr(8, 2)};
    const Generation reply = world.alone(asked);
    EXPECT_EQ(reply.cause, StopCause::stop_text);
    EXPECT_EQ(reply.text, free.text.substr(0, free.text.find(asked.sampling.stop[0])));
    ++stopped;
  }
  EXPECT_GT(stopped, 20);
}

TEST_F(SchedulerTest, a_long_prompt_does_not_stop_replies_that_go_on) {
  Scheduler scheduler(world.generation_model(), {.prefill_chunk = 64}, world.clock());
  const auto talking = submit(scheduler, request("abc", 100));
  scheduler.step();
  const auto reading = submit(scheduler, request(letters(1000, 'z'), 5));
  int largest = 0;
  world.model->before_pass = [&](int, std::span<const ForwardInput> inputs) {
    int tokens = 0;
    for (const ForwardInput& input : inputs) tokens += static_cast<int>(input.tokens.size());
    largest = std::max(largest, tokens);
  };
  for (std::size_t passes = 1; passes <= 10; ++passes) {
    scheduler.step();
    EXPECT_EQ(talking->ids.size(), 1 + passes) << "a token with every pass";
  }
  run(scheduler);
  EXPECT_LE(largest, 64);
  EXPECT_EQ(reading->generation().tokens.size(), 5U);
}

TEST_F(SchedulerTest, a_long_prompt_is_read_however_many_short_ones_come) {
  Scheduler scheduler(world.generation_model(), {.max_batch = 4, .max_queue = 1000, .prefill_chunk = 20}, world.clock());
  const auto patient = submit(scheduler, request(letters(500, 'z'), 1));
  std::vector<std::shared_ptr<RecordingSink>> others;
  int steps = 0;
  for (; !patient->finished; ++steps) {
    ASSERT_LT(steps, 60) << "half of each pass is for the one that waits longest: 500 tokens in 50 passes";
    for (int i = 0; i < 2; ++i) others.push_back(submit(scheduler, request(letters(19, static_cast<char>('a' + steps % 20)), 1)));
    scheduler.step();
  }
  EXPECT_GT(steps, 30) << "and the other half for the others";
  scheduler.end_all({.kind = ErrorKind::overloaded, .public_text = ""});
}

TEST_F(SchedulerTest, a_shared_beginning_is_read_once) {
  Scheduler scheduler(world.generation_model(), {.prefill_chunk = 50}, world.clock());
  const std::string shared = letters(300, 'y');
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  std::vector<GenerationRequest> requests;
  for (std::size_t i = 0; i < 8; ++i) {
    requests.push_back(request(shared + letters(i + 1, 'q') + "r", 4, i));
    sinks.push_back(submit(scheduler, requests.back()));
  }
  run(scheduler);
  EXPECT_LT(world.model->tokens_read, 300 + 8 * 20) << "all eight came before the first had read it";
  EXPECT_EQ(sinks[0]->generation().cached_tokens, 0);
  for (std::size_t i = 1; i < 8; ++i) {
    EXPECT_GE(sinks[i]->generation().cached_tokens, 300);
    expect_same_reply(sinks[i]->generation(), world.alone(requests[i]));
  }
  const auto again = submit(scheduler, requests[3]);
  run(scheduler);
  EXPECT_EQ(again->generation().cached_tokens, static_cast<int>(requests[3].prompt.size()) - 1);
}

TEST_F(SchedulerTest, the_next_turn_begins_with_the_last_reply) {
  Scheduler scheduler(world.generation_model(), {}, world.clock());
  const auto first = submit(scheduler, request("the model", 30));
  run(scheduler);
  GenerationRequest next = request("the model", 5);
  for (const TokenId id : first->ids) next.prompt.push_back(id);
  next.prompt.push_back('x');
  const auto second = submit(scheduler, next);
  run(scheduler);
  EXPECT_EQ(second->generation().cached_tokens, static_cast<int>(next.prompt.size()) - 2) << "all but the last token of the reply, which was never read, and the new one";
  expect_same_reply(second->generation(), world.alone(next));
}

TEST_F(SchedulerTest, cancelling_ends_a_request_at_any_point_and_nobody_else) {
  for (int point = 0; point < 12; ++point) {
    Scheduler scheduler(world.generation_model(), {.max_batch = 2, .prefill_chunk = 10}, world.clock());
    const GenerationRequest other_request = request("model", 20, 3);
    const auto cancelled = submit(scheduler, request(letters(35, 'k'), 8));
    const Generator::Ticket ticket = last_ticket;
    const auto other = submit(scheduler, other_request);
    const auto waits = submit(scheduler, other_request);
    const Generator::Ticket waiting_ticket = last_ticket;
    for (int i = 0; i < point; ++i) scheduler.step();
    scheduler.cancel(ticket);
    ASSERT_TRUE(cancelled->finished.has_value()) << point;
    EXPECT_EQ(cancelled->generation().cause, point < 11 ? StopCause::cancelled : StopCause::max_tokens);
    if (point == 0) scheduler.cancel(waiting_ticket);
    scheduler.cancel(ticket);
    scheduler.cancel(12345);
    run(scheduler);
    expect_same_reply(other->generation(), world.alone(other_request));
    if (point > 0) {
      expect_same_reply(waits->generation(), other->generation());
    } else {
      EXPECT_EQ(waits->generation().cause, StopCause::cancelled);
    }
  }
}

TEST_F(SchedulerTest, a_model_that_throws_ends_the_requests_of_that_pass_only) {
  Scheduler scheduler(world.generation_model(), {.max_batch = 2}, world.clock());
  const auto first = submit(scheduler, request("abc", 50)), second = submit(scheduler, request("the", 50));
  const GenerationRequest third_request = request("model", 10);
  const auto third = submit(scheduler, third_request);
  world.model->before_pass = [](int pass, auto) {
    if (pass == 3) throw std::runtime_error("out of memory at 0xbad");
    if (pass == 4) throw 42;  // NOLINT: foreign code may
  };
  run(scheduler);
  EXPECT_EQ(first->finished->error().kind, ErrorKind::internal);
  EXPECT_EQ(second->finished->error().kind, ErrorKind::internal);
  EXPECT_EQ(first->finished->error().public_text.find("0xbad"), std::string::npos);
  EXPECT_EQ(first->ids.size(), 3U) << "what was delivered stays delivered";
  EXPECT_EQ(third->finished->error().kind, ErrorKind::internal);
  const auto fourth = submit(scheduler, third_request);
  run(scheduler);
  world.model->before_pass = nullptr;
  expect_same_reply(fourth->generation(), world.alone(third_request));
}

TEST_F(SchedulerTest, broken_logits_end_a_request_with_internal) {
  ToyWorld broken({.bias = {{5, std::numeric_limits<float>::quiet_NaN()}}});
  Scheduler scheduler(broken.generation_model(), {}, broken.clock());
  const auto sink = submit(scheduler, request("abc"));
  run(scheduler);
  EXPECT_EQ(sink->finished->error().kind, ErrorKind::internal);
}

TEST_F(SchedulerTest, a_sink_that_throws_harms_nobody_else) {
  struct Throwing final : GenerationSink {
    void on_tokens(std::span<const GeneratedToken>) override { throw std::runtime_error("full"); }
    void on_finish(Result<Generation>) override {
      ++finishes;
      throw std::runtime_error("gone");
    }
    int finishes = 0;
  };
  Scheduler scheduler(world.generation_model(), {}, world.clock());
  const auto throwing = std::make_shared<Throwing>();
  scheduler.submit(++last_ticket, request("abc"), throwing, world.clock().now());
  const GenerationRequest other_request = request("abc", 10, 2);
  const auto other = submit(scheduler, other_request);
  run(scheduler);
  EXPECT_EQ(throwing->finishes, 1);
  expect_same_reply(other->generation(), world.alone(other_request));
}

TEST_F(SchedulerTest, the_end_of_all_reaches_waiting_and_running_requests_once) {
  Scheduler scheduler(world.generation_model(), {.max_batch = 1}, world.clock());
  const auto running = submit(scheduler, request("abc", 100)), waiting = submit(scheduler, request("abc", 100));
  scheduler.step();
  scheduler.end_all({.kind = ErrorKind::overloaded, .public_text = "shutting down"});
  EXPECT_EQ(running->finished->error().kind, ErrorKind::overloaded);
  EXPECT_EQ(waiting->finished->error().kind, ErrorKind::overloaded);
  EXPECT_FALSE(scheduler.step());
}

TEST_F(SchedulerTest, requests_that_cannot_run_are_refused) {
  const ModelShape& shape = world.model->shape();
  EXPECT_FALSE(Scheduler::refusal(request("abc"), shape));
  EXPECT_EQ(Scheduler::refusal(request(""), shape).value().kind, ErrorKind::invalid_request);
  GenerationRequest unknown = request("abc");
  unknown.prompt.push_back(shape.vocab);
  EXPECT_EQ(Scheduler::refusal(unknown, shape).value().kind, ErrorKind::invalid_request);
  unknown.prompt.back() = -1;
  EXPECT_EQ(Scheduler::refusal(unknown, shape).value().kind, ErrorKind::invalid_request);
  GenerationRequest hot = request("abc");
  hot.sampling.temperature = -1;
  EXPECT_THAT(Scheduler::refusal(hot, shape).value().public_text, HasSubstr("temperature"));
}

TEST_F(SchedulerTest, times_are_taken_from_the_clock) {
  using std::chrono::milliseconds;
  Scheduler scheduler(world.generation_model(), {.max_batch = 1, .prefill_chunk = 10}, world.clock());
  world.model->before_pass = [&](int, auto) { world.timers.advance(milliseconds(10)); };
  submit(scheduler, request("abc", 3));
  const auto second = submit(scheduler, request(letters(25, 'u'), 4));
  run(scheduler);
  EXPECT_EQ(second->generation().queued, milliseconds(30));
  EXPECT_EQ(second->generation().time_to_first, milliseconds(30));
  EXPECT_EQ(second->generation().total, milliseconds(30 + 60));
}

TEST_F(SchedulerTest, figures_add_up) {
  Scheduler scheduler(world.generation_model(), {.prefix_cache_bytes = 0}, world.clock());
  std::size_t prompt_tokens = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    GenerationRequest one = request("the model", 6, seed);
    prompt_tokens += one.prompt.size();
    submit(scheduler, one);
  }
  EXPECT_EQ(scheduler.stats().waiting, 5);
  scheduler.step();
  EXPECT_EQ(scheduler.stats().running, 5);
  run(scheduler);
  const GeneratorStats stats = scheduler.stats();
  EXPECT_EQ(stats.requests, 5U);
  EXPECT_EQ(stats.prompt_tokens, prompt_tokens);
  EXPECT_EQ(stats.cached_tokens, 0U);
  EXPECT_EQ(stats.generated_tokens, 30U);
  EXPECT_EQ(stats.passes, 6U);
  EXPECT_EQ(stats.running + stats.waiting, 0);
  EXPECT_EQ(stats.prefix_cache_bytes, 0U);
}

}  // namespace
}  // namespace xrouter::lm
