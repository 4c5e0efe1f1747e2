#include "xrouter/lm/scheduler.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "xrouter/lm/toy_generation.hpp"

namespace xrouter::lm {
namespace {

struct SchedulerTest : testing::Test {
  std::shared_ptr<RecordingSink> submit(Scheduler& scheduler, GenerationRequest request) {
    auto sink = std::make_shared<RecordingSink>();
    scheduler.submit(++tickets, std::move(request), sink, world.clock.now());
    return sink;
  }
  GenerationRequest request(std::string_view text, int max_tokens = 20, std::uint64_t seed = 7) const {
    GenerationRequest made{.prompt = world.prompt(text)};
    made.sampling.seed = seed;
    made.sampling.max_tokens = max_tokens;
    return made;
  }
  static void run(Scheduler& scheduler) {
    for (int steps = 0; scheduler.step(); ++steps) ASSERT_LT(steps, 100'000);
  }

  ToyWorld world;
  std::uint64_t tickets = 0;
};

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
}

TEST_F(SchedulerTest, a_batch_gives_what_each_request_gives_alone) {
  Scheduler scheduler(world.generation_model(), {.max_batch = 4, .prefill_chunk = 8}, world.clock);
  std::vector<GenerationRequest> requests;
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (int i = 0; i < 20; ++i) {
    requests.push_back(request(std::string(static_cast<std::size_t>(1 + 7 * (i % 5)), 'a') + "the model", 5 + i, static_cast<std::uint64_t>(i)));
    sinks.push_back(submit(scheduler, requests.back()));
  }
  run(scheduler);
  for (std::size_t i = 0; i < requests.size(); ++i) expect_same_reply(sinks[i]->generation(), world.alone(requests[i]));
}

}  // namespace
}  // namespace xrouter::lm
