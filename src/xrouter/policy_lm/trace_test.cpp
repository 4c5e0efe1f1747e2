// What training is told of a decision is what the model computed: every log-prob of a trace against the logits of a
// model that reads the same tokens once more, and every choice against the grammar.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy_lm/allowed.hpp"
#include "xrouter/policy_lm/local_policy.hpp"
#include "xrouter/policy_lm/toy_router.hpp"

namespace xrouter::policy_lm {
namespace {

using policy::PolicyBench;
using tokenizer::TokenId;

lm::ToyModelOptions scatterbrained(std::uint64_t seed) {
  lm::ToyModelOptions options{.vocab = static_cast<int>(toy_tokenizer()->size()), .max_positions = kToyContext, .seed = seed};
  options.bias = {{toy_tokenizer()->end(), 9.0F}, {'<', 6.0F}, {'"', 9.0F}, {'}', 9.0F}};
  return options;
}

double log_softmax(std::span<const float> row, const std::vector<TokenId>& among, TokenId chosen) {
  double sum = 0;
  const double own = static_cast<double>(row[static_cast<std::size_t>(chosen)]);
  for (const TokenId id : among) sum += std::exp(static_cast<double>(row[static_cast<std::size_t>(id)]) - own);
  return -std::log(sum);
}

double log_softmax(std::span<const float> row, TokenId chosen) {
  std::vector<TokenId> all(row.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<TokenId>(i);
  return log_softmax(row, all, chosen);
}

/// Logits of the tokens in front of each token of the reply.
lm::Logits read_again(const TokenTrace& trace, std::uint64_t seed) {
  lm::ToyModel model(scatterbrained(seed));
  std::vector<TokenId> tokens(trace.prompt.begin(), trace.prompt.end());
  std::vector<int> rows;
  for (const TokenTrace::Token& token : trace.reply) {
    rows.push_back(static_cast<int>(tokens.size()) - 1);
    tokens.push_back(token.id);
  }
  const auto sequence = model.new_sequence();
  const std::vector<lm::ForwardInput> inputs{{.sequence = sequence.get(), .tokens = tokens, .logits_at = rows}};
  lm::Logits logits;
  model.forward(inputs, logits);
  return logits;
}

struct Counts {
  int among_few = 0, among_all = 0, forced = 0, ends_among_few = 0;
};

void check(const TokenTrace& trace, const Allowed& allowed, const RouterModel& model, std::uint64_t seed, Counts& counts) {
  const lm::Logits logits = read_again(trace, seed);
  const auto grammar = model.grammars->get(*model.format, allowed.tools, allowed.rules, *model.tokenizer);
  ASSERT_TRUE(grammar);
  grammar::Matcher matcher(*grammar, model.vocabulary);
  for (std::size_t i = 0; i < trace.reply.size(); ++i) {
    const TokenTrace::Token& token = trace.reply[i];
    const bool is_end = trace.ended && i + 1 == trace.reply.size();
    const grammar::Step step = matcher.next();
    std::vector<TokenId> few = step.many || token.forced ? std::vector<TokenId>() : step.few;
    if (!few.empty() && step.may_end) few.push_back(toy_tokenizer()->end());
    std::sort(few.begin(), few.end());
    ASSERT_EQ(token.choices, few) << "token " << i;
    const std::span<const float> row = logits.row(static_cast<int>(i));
    if (token.forced) {
      ++counts.forced;
      EXPECT_EQ(token.logprob, 0);
    } else {
      EXPECT_NEAR(token.free_logprob, log_softmax(row, token.id), 1e-4);
    }
    if (!few.empty()) {
      ++counts.among_few;
      counts.ends_among_few += is_end ? 1 : 0;
      EXPECT_TRUE(std::binary_search(few.begin(), few.end(), token.id));
      EXPECT_NEAR(token.logprob, log_softmax(row, token.choices, token.id), 1e-5);
    } else if (!token.forced) {
      ++counts.among_all;
      EXPECT_GE(token.logprob, token.free_logprob - 1e-4F) << "a mask makes what it leaves likelier";
    }
    if (!is_end) matcher.accept(token.id);
  }
}

TEST(Trace, holds_what_was_chosen_from_what_and_how_likely_that_was) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    PolicyBench bench;
    bench.spec.limits.max_calls_per_turn = 3;
    bench.spec.router_output_tokens = 20'000;
    const std::shared_ptr<RouterModel> model = toy_router(std::make_shared<ToyGenerator>(scatterbrained(seed)));
    LocalPolicy policy(model, Rng(seed), {.temperature = 1});
    CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
    DecisionPrompt prompt = bench.prompt();
    prompt.may_answer = seed % 3 == 0;
    const PolicyReply reply = bench.world.run(policy.decide(prompt, scope));
    ASSERT_FALSE(reply.error) << reply.error->describe();
    ASSERT_TRUE(reply.trace);
    const auto allowed = allowed_now(prompt, chat_format::Thinking::off);
    check(*reply.trace, *allowed, *model, seed, counts);
  }
  EXPECT_GT(counts.among_few, 50);
  EXPECT_GT(counts.among_all, 10);
  EXPECT_GT(counts.forced, 100);
  EXPECT_GT(counts.ends_among_few, 3) << "to call no more is a choice, too";
}

std::shared_ptr<const TokenTrace> decided(std::uint64_t seed, bool report_alternatives, int look_ahead_nodes) {
  PolicyBench bench;
  bench.spec.limits.max_calls_per_turn = 3;
  bench.spec.router_output_tokens = 20'000;
  LocalPolicy policy(
      toy_router(std::make_shared<ToyGenerator>(scatterbrained(seed), lm::GeneratorOptions{.look_ahead_nodes = look_ahead_nodes})),
      Rng(seed), {.temperature = 1, .report_alternatives = report_alternatives});
  CallScope scope(bench.world.executor(), bench.world.timers(), Deadline::never(), "req");
  DecisionPrompt prompt = bench.prompt();
  prompt.may_answer = seed % 2 == 0;
  return bench.world.run(policy.decide(prompt, scope)).trace;
}

TEST(Trace, is_the_same_with_and_without_alternatives_and_look_ahead) {
  bool some_alternatives = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto full = decided(seed, true, 192), plain = decided(seed, false, 192), bare = decided(seed, false, 0);
    some_alternatives = some_alternatives || full->alternatives.size() > 1;
    for (const auto& other : {plain, bare}) {
      EXPECT_LE(other->alternatives.size(), 1u);
      ASSERT_EQ(other->prompt, full->prompt);
      ASSERT_EQ(other->reply.size(), full->reply.size()) << "seed " << seed;
      for (std::size_t i = 0; i < full->reply.size(); ++i) {
        ASSERT_EQ(other->reply[i].id, full->reply[i].id) << "seed " << seed << " token " << i;
        EXPECT_EQ(other->reply[i].logprob, full->reply[i].logprob);
        EXPECT_EQ(other->reply[i].choices, full->reply[i].choices);
      }
    }
  }
  EXPECT_TRUE(some_alternatives);
}

}  // namespace
}  // namespace xrouter::policy_lm
