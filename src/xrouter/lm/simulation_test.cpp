// Random arrivals, lengths, grammars, stop texts and cancels through one scheduler, each reply compared with the same
// request alone. A failure names its seed.
#include <gtest/gtest.h>

#include <map>

#include "xrouter/lm/toy_generation_test.hpp"
#include "xrouter/lm/toy_grammars.hpp"

namespace xrouter::lm {
namespace {

struct Job {
  GenerationRequest request;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  bool cancelled = false;
};

GenerationRequest random_request(const ToyWorld& world, Rng& rng, const std::vector<std::shared_ptr<const grammar::Grammar>>& grammars) {
  static const std::vector<std::string> beginnings{"the model ", std::string(80, 'm'), std::string(80, 'm') + "the", "abc"};
  GenerationRequest request;
  request.prompt = world.prompt(beginnings[rng.below(beginnings.size())]);
  for (std::uint64_t i = rng.below(rng.chance(0.1) ? 300 : 20); i > 0; --i) request.prompt.push_back(static_cast<TokenId>('a' + rng.below(3)));
  if (rng.chance(0.5)) request.grammar = grammars[rng.below(grammars.size())];
  request.jump_forward = !rng.chance(0.1);
  request.report_decisions = rng.chance(0.2);
  if (rng.chance(0.3)) request.likely_start = world.prompt(rng.chance(0.5) ? "<call>{\"" : "the model");
  request.sampling.temperature = rng.chance(0.2) ? 0 : 1;
  request.sampling.seed = rng.next();
  request.sampling.max_tokens = 1 + static_cast<int>(rng.below(60));
  if (rng.chance(0.3)) request.sampling.stop = {"a", "the"};
  return request;
}

GeneratorOptions random_options(Rng& rng) {
  return {.max_batch = 1 + static_cast<int>(rng.below(8)),
          .max_queue = 1000,
          .prefill_chunk = 1 + static_cast<int>(rng.below(rng.chance(0.5) ? 10 : 200)),
          .look_ahead_nodes = rng.chance(0.3) ? static_cast<int>(rng.below(10)) : 192,
          .tokens_per_pass = rng.chance(0.5) ? 48 : 1e9,
          .prefix_cache_bytes = rng.chance(0.2) ? 0 : std::size_t{16} * (50 + rng.below(2000))};
}

void expect_same_decisions(const Generation& a, const Generation& b) {
  ASSERT_EQ(a.decisions.size(), b.decisions.size());
  for (std::size_t i = 0; i < a.decisions.size(); ++i) {
    EXPECT_EQ(a.decisions[i].at, b.decisions[i].at);
    ASSERT_EQ(a.decisions[i].choices.size(), b.decisions[i].choices.size());
    for (std::size_t j = 0; j < a.decisions[i].choices.size(); ++j) {
      EXPECT_EQ(a.decisions[i].choices[j].tokens, b.decisions[i].choices[j].tokens);
      EXPECT_EQ(a.decisions[i].choices[j].logprob, b.decisions[i].choices[j].logprob);
    }
  }
}

void simulate(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  ToyModelOptions toy{.max_positions = 400, .seed = seed};
  toy.bias = {{ToyTokenizer().end(), 3.0F}};
  const ToyWorld world(std::move(toy));
  std::vector<std::shared_ptr<const grammar::Grammar>> grammars;
  for (std::uint64_t i = 0; i < 4; ++i) grammars.push_back(ToyGrammars(*world.tokenizer, seed * 10 + i).next());

  const GeneratorOptions options = random_options(rng);
  std::map<Generator::Ticket, Job> jobs;
  {
    Scheduler scheduler(world.generation_model(), options, world.clock());
    Generator::Ticket last = 0;
    for (int steps = 0; last < 30 || scheduler.unfinished() > 0; ++steps) {
      ASSERT_LT(steps, 50'000);
      while (last < 30 && rng.chance(0.3)) {
        Job& job = jobs[++last];
        job.request = random_request(world, rng, grammars);
        scheduler.submit(last, job.request, job.sink, world.clock().now());
      }
      if (last > 0 && rng.chance(0.05)) {
        const Generator::Ticket ticket = 1 + rng.below(last);
        jobs[ticket].cancelled |= !jobs[ticket].sink->finished.has_value();
        scheduler.cancel(ticket);
      }
      scheduler.step();
      ASSERT_LE(scheduler.stats().running, options.max_batch);
      ASSERT_LE(scheduler.stats().prefix_cache_bytes, options.prefix_cache_bytes);
    }
  }
  for (auto& [ticket, job] : jobs) {
    SCOPED_TRACE("request " + std::to_string(ticket));
    ASSERT_TRUE(job.sink->finished.has_value());
    if (!*job.sink->finished) {
      EXPECT_EQ(job.sink->finished->error().kind, ErrorKind::context_length);
      EXPECT_GE(job.request.prompt.size(), 400U);
      continue;
    }
    const Generation expected = world.alone(job.request, {.look_ahead_nodes = options.look_ahead_nodes, .tokens_per_pass = options.tokens_per_pass});
    const Generation& reply = job.sink->generation();
    if (!job.cancelled) {
      expect_same_reply(reply, expected);
      expect_same_decisions(reply, expected);
      continue;
    }
    EXPECT_EQ(reply.cause, StopCause::cancelled);
    ASSERT_LE(reply.tokens.size(), expected.tokens.size());
    for (std::size_t i = 0; i < reply.tokens.size(); ++i) EXPECT_EQ(reply.tokens[i].id, expected.tokens[i].id);
  }
}

TEST(Simulation, whatever_else_happens_each_reply_is_the_one_it_is_alone) {
  for (std::uint64_t seed = 0; seed < 25 && !testing::Test::HasFailure(); ++seed) simulate(seed);
}

}  // namespace
}  // namespace xrouter::lm
