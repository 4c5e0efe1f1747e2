// Replies under a grammar: with look-ahead, with jump-forward alone and with one token a pass they are the same.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "xrouter/lm/toy_generation_test.hpp"
#include "xrouter/lm/toy_grammars.hpp"

namespace xrouter::lm {
namespace {

struct ConstrainedTest : testing::Test {
  GenerationRequest request(std::shared_ptr<const grammar::Grammar> grammar, std::uint64_t seed = 1) const {
    GenerationRequest made;
    made.prompt = world.prompt("the model");
    made.grammar = std::move(grammar);
    made.sampling.seed = seed;
    return made;
  }
  std::shared_ptr<const grammar::Grammar> names(std::vector<std::string> of, std::string_view before = "", std::string_view behind = "") const {
    grammar::Builder builder;
    std::vector<grammar::Piece> pieces;
    for (const std::string& name : of) pieces.push_back(builder.literal(name));
    return builder.build(builder.sequence({builder.literal(before), builder.choice(std::move(pieces)), builder.literal(behind)})).value();
  }
  bool matches(const GenerationRequest& asked, const Generation& reply) const {
    grammar::Matcher matcher(asked.grammar, grammar::Vocabulary::make(world.tokenizer, {world.tokenizer->end()}));
    for (const GeneratedToken& token : reply.tokens) {
      if (!matcher.accept(token.id)) return false;
    }
    return reply.cause != StopCause::end_token || matcher.next().may_end || matcher.next().finished();
  }

  ToyWorld world;
};

TEST_F(ConstrainedTest, look_ahead_and_jump_forward_change_nothing) {
  int with_tree = 0, cut = 0, ended = 0, stopped = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    ToyModelOptions toy{.max_positions = rng.chance(0.3) ? 12 + static_cast<int>(rng.below(30)) : 4096, .seed = seed};
    toy.bias = {{world.tokenizer->end(), 3.0F}, {'"', 3.0F}};
    const ToyWorld own(std::move(toy));
    GenerationRequest asked = request(ToyGrammars(*world.tokenizer, seed).next(), seed);
    asked.sampling.temperature = rng.chance(0.3) ? 0 : 0.5 + rng.uniform();
    asked.sampling.top_p = rng.chance(0.3) ? 0.8 : 1;
    asked.sampling.max_tokens = 1 + static_cast<int>(rng.below(rng.chance(0.5) ? 20 : 200));
    asked.sampling.top_logprobs = static_cast<int>(rng.below(4));
    if (rng.chance(0.2)) asked.sampling.stop = {rng.chance(0.5) ? "4o" : "e\xc3"};
    if (rng.chance(0.2)) asked.sampling.stop.emplace_back("abc");
    asked.report_decisions = rng.chance(0.3);

    asked.jump_forward = false;
    const Generation by_mask = own.alone(asked);
    asked.jump_forward = true;
    if (rng.chance(0.5)) {
      for (const GeneratedToken& token : by_mask.tokens) asked.likely_start.push_back(rng.chance(0.95) ? token.id : 'q');
    }
    const GeneratorOptions no_tree{.prefill_chunk = 1 + static_cast<int>(rng.below(20)), .look_ahead_nodes = 0};
    const GeneratorOptions small_tree{.prefill_chunk = 1 + static_cast<int>(rng.below(20)), .look_ahead_nodes = 1 + static_cast<int>(rng.below(8))};
    const GeneratorOptions whole_tree{.tokens_per_pass = rng.chance(0.5) ? 48 : 1e9};
    const Generation jumping = own.alone(asked, no_tree), looking = own.alone(asked, whole_tree), looking_a_little = own.alone(asked, small_tree);
    expect_same_reply(by_mask, jumping);
    expect_same_reply(by_mask, looking);
    expect_same_reply(by_mask, looking_a_little);
    EXPECT_TRUE(matches(asked, by_mask));
    EXPECT_LE(looking.forward_passes, jumping.forward_passes + 1);  // a chunk of a prompt is smaller there
    with_tree += looking.forward_passes < jumping.forward_passes ? 1 : 0;
    cut += by_mask.cause == StopCause::max_tokens || by_mask.cause == StopCause::context_full ? 1 : 0;
    ended += by_mask.cause == StopCause::end_token ? 1 : 0;
    stopped += by_mask.cause == StopCause::stop_text ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(with_tree, 30);
  EXPECT_GT(cut, 60);
  EXPECT_GT(ended, 60);
  EXPECT_GT(stopped, 8);
}

TEST_F(ConstrainedTest, a_name_among_many_costs_one_pass) {
  int passes_without = 0;
  for (TokenId question = 'a'; question < 'a' + 20; ++question) {
    GenerationRequest asked = request(names({"gpt-4o", "gpt-4o-mini", "gpt-3", "claude-mini", "abcab"}, "{\"name\": \"", "\"}"));
    asked.prompt.push_back(question);
    const Generation reply = world.alone(asked);
    EXPECT_EQ(reply.forward_passes, 1);
    EXPECT_EQ(reply.cause, StopCause::end_token);
    EXPECT_TRUE(reply.end.value().forced);
    EXPECT_EQ(reply.text.substr(0, 10), "{\"name\": \"");
    passes_without += world.alone(asked, {.look_ahead_nodes = 0}).forward_passes;
  }
  EXPECT_GT(passes_without, 30);
}

TEST_F(ConstrainedTest, only_what_likely_saves_a_pass_is_looked_at) {
  // Behind each of eight names comes a second decision, eight tokens away: too much for one chance in eight.
  grammar::Builder builder;
  std::vector<grammar::Piece> pieces;
  for (const char* name : {"a", "b", "d", "e", "f", "g", "h", "i"}) pieces.push_back(builder.literal(name));
  const auto yes_or_no = builder.choice({builder.literal("yes"), builder.literal("no")});
  const GenerationRequest asked = request(builder.build(builder.sequence({builder.choice(std::move(pieces)), builder.literal("12345678"), yes_or_no})).value());
  const auto passes_and_tokens = [&](double tokens_per_pass) {
    const int before = world.model->tokens_read;
    const int passes = world.alone(asked, {.tokens_per_pass = tokens_per_pass}).forward_passes;
    return std::pair(passes, world.model->tokens_read - before - static_cast<int>(asked.prompt.size()));
  };
  EXPECT_EQ(passes_and_tokens(48), std::pair(2, 9));
  EXPECT_EQ(passes_and_tokens(1000), std::pair(1, 8 * 9));
}

TEST_F(ConstrainedTest, a_likely_start_is_read_with_the_prompt) {
  grammar::Builder builder;
  const auto call = builder.sequence({builder.literal("llllll{\"name\": \""), builder.choice({builder.literal("gpt-4o"), builder.literal("gpt-3"), builder.literal("claude")}), builder.literal("\"}")});
  const auto grammar = builder.build(builder.choice({builder.text({"llllll"}, 40, false), call})).value();
  int calls = 0, answers = 0;
  for (TokenId question = 'a'; question < 'a' + 20; ++question) {
    GenerationRequest asked = request(grammar);
    asked.prompt.push_back(question);
    asked.report_decisions = true;
    asked.sampling.max_tokens = 60;
    ToyModelOptions toy;
    toy.bias = {{'l', 9.0F}};
    const ToyWorld own(std::move(toy));
    const Generation without = own.alone(asked);
    asked.likely_start = world.tokenizer->encode("llllll");
    const Generation with = own.alone(asked);
    asked.likely_start = world.tokenizer->encode("llll the");
    const Generation partly_wrong = own.alone(asked);
    expect_same_reply(with, without);
    expect_same_reply(partly_wrong, without);
    ASSERT_EQ(with.decisions.size(), without.decisions.size());
    for (std::size_t i = 0; i < with.decisions.size(); ++i) {
      EXPECT_EQ(with.decisions[i].at, without.decisions[i].at);
      EXPECT_EQ(with.decisions[i].choices.size(), without.decisions[i].choices.size());
    }
    if (with.text.starts_with("llllll")) {
      ++calls;
      EXPECT_EQ(with.forward_passes, 1);
      EXPECT_GE(without.forward_passes, 6);
      EXPECT_EQ(with.decisions.size(), 1U);
    } else {
      ++answers;
    }
  }
  EXPECT_GT(calls, 1);
  EXPECT_GT(answers, 1);
}

TEST_F(ConstrainedTest, what_is_forced_needs_no_pass) {
  const Generation reply = world.alone(request(names({"the model"})));
  EXPECT_EQ(reply.text, "the model");
  EXPECT_EQ(reply.forward_passes, 0);
  for (const GeneratedToken& token : reply.tokens) {
    EXPECT_TRUE(token.forced);
    EXPECT_EQ(token.logprob, 0);
    EXPECT_TRUE(std::isnan(token.free_logprob));
    EXPECT_TRUE(token.top.empty());
  }
}

TEST_F(ConstrainedTest, max_tokens_counts_forced_tokens) {
  GenerationRequest asked = request(names({"gpt-4o", "claude"}, "the model the model "));
  const std::size_t all = world.alone(asked).tokens.size();
  for (int limit = 1; limit <= static_cast<int>(all); ++limit) {
    asked.sampling.max_tokens = limit;
    const Generation reply = world.alone(asked);
    EXPECT_EQ(reply.tokens.size(), static_cast<std::size_t>(limit));
    EXPECT_EQ(reply.cause, limit < static_cast<int>(all) ? StopCause::max_tokens : StopCause::end_token);
  }
}

TEST_F(ConstrainedTest, alternatives_are_all_that_the_grammar_left) {
  const GenerationRequest asked = request(names({"gpt-4o", "claude", "abc"}));
  const Generation reply = world.alone(asked);
  ASSERT_FALSE(reply.tokens.empty());
  const GeneratedToken& first = reply.tokens.front();
  ASSERT_EQ(first.top.size(), 3U) << "though none was asked for";
  double sum = 0;
  for (const Alternative& one : first.top) sum += std::exp(static_cast<double>(one.logprob));
  EXPECT_NEAR(sum, 1, 1e-6);
  EXPECT_LT(first.free_logprob, first.logprob);
}

// The probability of a whole name, from the model's logits along its tokens.
double name_logprob(const ToyWorld& world, std::vector<TokenId> tokens, const std::vector<std::vector<TokenId>>& names, std::size_t which) {
  double logprob = 0;
  for (std::size_t at = 0; at < names[which].size(); ++at) {
    const std::vector<float> logits = world.model->logits_after(tokens);
    std::set<TokenId> next;
    for (const auto& name : names) {
      if (name.size() > at && std::equal(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(at), names[which].begin())) next.insert(name[at]);
    }
    double sum = 0;
    for (const TokenId id : next) sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(id)]));
    logprob += static_cast<double>(logits[static_cast<std::size_t>(names[which][at])]) - std::log(sum);
    tokens.push_back(names[which][at]);
  }
  return logprob;
}

TEST_F(ConstrainedTest, a_decision_tells_the_probability_of_every_name) {
  const std::vector<std::string> all{"gpt-4o\"", "gpt-4o-mini\"", "gpt-3\"", "claude-mini\"", "abcab\""};
  GenerationRequest asked = request(names(all, "{\"name\": \"", "}"));
  asked.report_decisions = true;
  const Generation reply = world.alone(asked);
  ASSERT_EQ(reply.decisions.size(), 1U);
  const Decision& decision = reply.decisions.front();
  ASSERT_EQ(decision.choices.size(), all.size());
  std::vector<TokenId> read = asked.prompt;
  for (int i = 0; i < decision.at; ++i) read.push_back(reply.tokens[static_cast<std::size_t>(i)].id);
  std::vector<std::vector<TokenId>> tokens;
  for (const Choice& choice : decision.choices) tokens.push_back(choice.tokens);
  double sum = 0;
  for (std::size_t i = 0; i < decision.choices.size(); ++i) {
    const Choice& choice = decision.choices[i];
    EXPECT_NE(std::find(all.begin(), all.end(), choice.text.substr(0, choice.text.size() - 1)), all.end()) << choice.text;
    EXPECT_NEAR(choice.logprob, name_logprob(world, read, tokens, i), 1e-5);
    sum += std::exp(static_cast<double>(choice.logprob));
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  double chosen = 0;
  for (const GeneratedToken& token : reply.tokens) chosen += static_cast<double>(token.logprob);
  const auto taken = std::find_if(decision.choices.begin(), decision.choices.end(), [&](const Choice& choice) { return reply.text.ends_with(choice.text); });
  ASSERT_NE(taken, decision.choices.end());
  EXPECT_NEAR(taken->logprob, chosen, 1e-5);
}

TEST_F(ConstrainedTest, the_choices_of_every_decision_are_all_there_is) {
  std::size_t decisions = 0, ends = 0;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    GenerationRequest asked = request(ToyGrammars(*world.tokenizer, seed).next(), seed);
    asked.report_decisions = true;
    asked.sampling.max_tokens = 60;
    const Generation reply = world.alone(asked, {.look_ahead_nodes = rng.chance(0.3) ? 1 + static_cast<int>(rng.below(6)) : 192});
    std::vector<TokenId> tokens;
    for (const GeneratedToken& token : reply.tokens) tokens.push_back(token.id);
    for (const Decision& decision : reply.decisions) {
      ++decisions;
      double sum = 0;
      int taken = 0;
      for (const Choice& choice : decision.choices) {
        sum += std::exp(static_cast<double>(choice.logprob));
        const std::span<const TokenId> from = std::span(tokens).subspan(static_cast<std::size_t>(decision.at));
        const std::size_t length = choice.tokens.size();
        const bool same = from.size() >= length && std::equal(choice.tokens.begin(), choice.tokens.end(), from.begin());
        const bool ended_here = from.size() == length && reply.cause == StopCause::end_token && !reply.end->forced;
        taken += same && (!choice.ends || ended_here) ? 1 : 0;
        ends += choice.ends ? 1 : 0;
      }
      EXPECT_NEAR(sum, 1, 1e-5);
      EXPECT_TRUE(taken == 1 || reply.cause != StopCause::end_token);
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(decisions, 150U);
  EXPECT_GT(ends, 15U);
}

TEST_F(ConstrainedTest, a_grammar_with_nothing_to_say_ends_at_once) {
  grammar::Builder builder;
  const Generation reply = world.alone(request(builder.build(builder.literal("")).value()));
  EXPECT_EQ(reply.cause, StopCause::end_token);
  EXPECT_TRUE(reply.tokens.empty());
}

TEST_F(ConstrainedTest, special_tokens_of_a_grammar_are_tokens_of_the_reply) {
  grammar::Builder builder;
  const TokenId call = *world.tokenizer->id_of("<call>");
  const Generation reply = world.alone(request(builder.build(builder.sequence({builder.token(call), builder.literal("abc")})).value()));
  ASSERT_EQ(reply.tokens.size(), 2U);
  EXPECT_EQ(reply.tokens[0].id, call);
  EXPECT_EQ(reply.text, "<call>abc");
}

}  // namespace
}  // namespace xrouter::lm
