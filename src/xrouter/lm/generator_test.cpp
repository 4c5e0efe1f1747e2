#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "xrouter/base/rng.hpp"
#include "xrouter/lm/toy_generation_test.hpp"

namespace xrouter::lm {
namespace {

/// A sink whose end another thread waits for.
struct WaitingSink final : GenerationSink {
  void on_tokens(std::span<const GeneratedToken> tokens) override { recorded.on_tokens(tokens); }
  void on_finish(Result<Generation> generation) override {
    recorded.on_finish(generation);
    end.set_value(std::move(generation));
  }
  RecordingSink recorded;
  std::promise<Result<Generation>> end;
};

struct GeneratorTest : testing::Test {
  GenerationRequest request(std::string_view text, int max_tokens, std::uint64_t seed) const {
    GenerationRequest made;
    made.prompt = world.prompt(text);
    made.sampling.seed = seed;
    made.sampling.max_tokens = max_tokens;
    return made;
  }
  ToyWorld world;
};

TEST_F(GeneratorTest, runs_requests_of_many_threads_as_if_each_were_alone) {
  constexpr int kThreads = 4, kEach = 12;
  std::vector<std::vector<std::shared_ptr<WaitingSink>>> sinks(kThreads);
  {
    const auto generator = start_generator(world.generation_model(), {.max_batch = 5, .prefill_chunk = 16}, system_clock());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          auto sink = std::make_shared<WaitingSink>();
          const auto ticket = generator->submit(request("the model", 3 + i, static_cast<std::uint64_t>(t * kEach + i)), sink);
          ASSERT_TRUE(ticket.has_value());
          if (i % 4 == 3) generator->cancel(*ticket);
          generator->stats();
          sinks[static_cast<std::size_t>(t)].push_back(std::move(sink));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& of_thread : sinks) {
      for (const auto& sink : of_thread) sink->end.get_future().wait();
    }
  }
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      const Generation& reply = sinks[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]->recorded.generation();
      if (reply.cause == StopCause::cancelled) continue;
      expect_same_reply(reply, world.alone(request("the model", 3 + i, static_cast<std::uint64_t>(t * kEach + i))));
    }
  }
}

TEST_F(GeneratorTest, refuses_what_does_not_fit_into_the_queue) {
  std::promise<void> inside, go_on;
  world.model->before_pass = [&](int pass, auto) {
    if (pass > 0) return;
    inside.set_value();
    go_on.get_future().wait();
  };
  const auto generator = start_generator(world.generation_model(), {.max_batch = 2, .max_queue = 3}, system_clock());
  std::vector<std::shared_ptr<WaitingSink>> sinks;
  const auto submit = [&] {
    sinks.push_back(std::make_shared<WaitingSink>());
    return generator->submit(request("abc", 4, 1), sinks.back());
  };
  ASSERT_TRUE(submit());
  inside.get_future().wait();
  for (int i = 1; i < 5; ++i) ASSERT_TRUE(submit()) << i;
  const auto refused = submit();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(generator->stats().refused, 1U);
  EXPECT_EQ(generator->stats().requests, 5U);
  go_on.set_value();
  sinks.pop_back();
  for (const auto& sink : sinks) EXPECT_TRUE(sink->end.get_future().get().has_value());
  EXPECT_TRUE(submit());
  EXPECT_TRUE(sinks.back()->end.get_future().get().has_value());
}

TEST_F(GeneratorTest, refuses_what_cannot_run) {
  const auto generator = start_generator(world.generation_model(), {}, system_clock());
  const auto refused = generator->submit({}, std::make_shared<WaitingSink>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid_request);
}

TEST_F(GeneratorTest, its_end_is_the_end_of_all_requests) {
  constexpr int kRequests = 300;  // a minute of work, all but the very beginning of which is cut short
  std::vector<std::shared_ptr<WaitingSink>> sinks;
  {
    std::promise<void> inside;
    world.model->before_pass = [&](int pass, auto) {
      if (pass == 0) inside.set_value();
    };
    const auto generator = start_generator(world.generation_model(), {.max_batch = 2, .max_queue = kRequests}, system_clock());
    for (int i = 0; i < kRequests; ++i) {
      sinks.push_back(std::make_shared<WaitingSink>());
      ASSERT_TRUE(generator->submit(request("abc", 4000, static_cast<std::uint64_t>(i)), sinks.back()));
    }
    inside.get_future().wait();
  }
  int overloaded = 0;
  for (const auto& sink : sinks) {
    ASSERT_TRUE(sink->recorded.finished.has_value());
    if (!*sink->recorded.finished) {
      EXPECT_EQ(sink->recorded.finished->error().kind, ErrorKind::overloaded);
      ++overloaded;
    }
  }
  EXPECT_GT(overloaded, 0);
}

TEST_F(GeneratorTest, a_sink_may_submit_the_next_request_when_it_hears_the_end) {
  struct Chain final : GenerationSink, std::enable_shared_from_this<Chain> {
    void on_finish(Result<Generation> generation) override {
      texts.push_back(generation.value().text);
      if (texts.size() == 5 || !generator->submit(next, shared_from_this())) done.set_value();
    }
    Generator* generator = nullptr;
    GenerationRequest next;
    std::vector<std::string> texts;
    std::promise<void> done;
  };
  const auto generator = start_generator(world.generation_model(), {.max_batch = 1, .max_queue = 1}, system_clock());
  const auto chain = std::make_shared<Chain>();
  chain->generator = generator.get();
  chain->next = request("abc", 10, 3);
  ASSERT_TRUE(generator->submit(chain->next, chain));
  chain->done.get_future().wait();
  ASSERT_EQ(chain->texts.size(), 5U);
  for (const std::string& text : chain->texts) EXPECT_EQ(text, chain->texts.front());
}

}  // namespace
}  // namespace xrouter::lm
