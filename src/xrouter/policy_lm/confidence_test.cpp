#include "xrouter/policy_lm/confidence.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy_lm/local_policy.hpp"
#include "xrouter/policy_lm/toy_router.hpp"

namespace xrouter::policy_lm {
namespace {

using policy::PolicyBench;

/// Tokens as the scripted generator makes them, with probabilities by hand.
struct Bench {
  PolicyBench episode;
  std::shared_ptr<RouterModel> model = toy_router(std::make_shared<ScriptedGenerator>());
  Allowed allowed = allowed_now(episode.prompt(), chat_format::Thinking::off).value();

  lm::Generation reply_of(std::string_view text) const {
    lm::Generation generation;
    for (const lm::TokenId id : toy_tokenizer()->encode(text)) generation.tokens.push_back({.id = id, .logprob = 0});
    generation.end = lm::GeneratedToken{.id = toy_tokenizer()->end()};
    return generation;
  }
  /// Gives the token that begins at `text` (its first occurrence behind `from`) this probability.
  static void decide(lm::Generation& generation, std::string_view text, double probability) {
    for (lm::GeneratedToken& token : generation.tokens) {
      const std::string rest = [&] {
        std::string all;
        for (auto it = &token; it != generation.tokens.data() + generation.tokens.size(); ++it) all += toy_tokenizer()->bytes_of(it->id);
        return all;
      }();
      if (rest.starts_with(text)) return void(token.logprob = static_cast<float>(std::log(probability)));
    }
    ADD_FAILURE() << "no token begins at " << text;
  }
  Certainty certainty(const lm::Generation& generation) const {
    std::string text;
    for (const lm::GeneratedToken& token : generation.tokens) text += toy_tokenizer()->bytes_of(token.id);
    return certainty_of(*model, allowed, generation, model->format->parse(text));
  }
};

TEST(Certainty, of_a_call_is_that_of_its_kind_and_name_and_not_of_its_arguments) {
  Bench bench;
  lm::Generation generation =
      bench.reply_of("<tool_call>\n{\"name\": \"call_big\", \"arguments\": {\"system_prompt\": \"You know it\"}}\n</tool_call>");
  Bench::decide(generation, "<tool_call>", 0.5);
  Bench::decide(generation, "big", 0.25);
  Bench::decide(generation, "You know", 0.001);
  EXPECT_NEAR(*bench.certainty(generation).confidence, 0.125, 1e-6);
}

TEST(Certainty, of_several_calls_counts_every_name_and_that_there_are_no_more) {
  Bench bench;
  const std::string small = "<tool_call>\n{\"name\": \"call_small_a\", \"arguments\": {}}\n</tool_call>";
  lm::Generation generation = bench.reply_of(small + "\n<tool_call>\n{\"name\": \"call_big\", \"arguments\": {\"max_tokens\": 7}}\n</tool_call>");
  Bench::decide(generation, "small", 0.5);
  Bench::decide(generation, "\n<tool_call>\n{\"name\": \"call_big", 0.5);
  Bench::decide(generation, "big", 0.5);
  Bench::decide(generation, "7", 0.5);
  generation.end->logprob = std::log(0.5F);
  EXPECT_NEAR(*bench.certainty(generation).confidence, 1.0 / 16, 1e-6);
}

TEST(Certainty, which_call_is_selected_counts) {
  Bench bench;
  bench.allowed.tools.push_back({.name = std::string(kSelectTool), .parameters = RawJson{R"({"type":"object"})"}});
  lm::Generation generation = bench.reply_of("<tool_call>\n{\"name\": \"select_response\", \"arguments\": {\"call_id\": \"c2\"}}\n</tool_call>");
  Bench::decide(generation, "select_response", 0.5);
  Bench::decide(generation, "2", 0.25);
  EXPECT_NEAR(*bench.certainty(generation).confidence, 0.125, 1e-6);
}

TEST(Certainty, of_an_answer_is_what_a_call_leaves) {
  Bench bench;
  lm::Generation generation = bench.reply_of("It is 42.");
  generation.tokens[0].logprob = std::log(0.01F);
  const lm::TokenId call = toy_tokenizer()->encode("<tool_call>").front();
  generation.tokens[0].top = {{.token = 'I', .logprob = std::log(0.01F)}, {.token = call, .logprob = std::log(0.3F)}};
  const Certainty certainty = bench.certainty(generation);
  EXPECT_NEAR(*certainty.confidence, 0.7, 1e-6);
  ASSERT_EQ(certainty.alternatives.size(), 1u);
  EXPECT_EQ(certainty.alternatives[0].action, "");
  generation.tokens[0].top.clear();
  EXPECT_EQ(*bench.certainty(generation).confidence, 1) << "less likely than all that were reported";
  bench.allowed.tools.clear();
  EXPECT_EQ(*bench.certainty(generation).confidence, 1) << "there was nothing else";
}

TEST(Certainty, alternatives_are_the_tools_that_the_look_ahead_saw) {
  Bench bench;
  lm::Generation generation = bench.reply_of("<tool_call>\n{\"name\": \"call_big\", \"arguments\": {}}\n</tool_call>");
  Bench::decide(generation, "<tool_call>", 0.5);
  const std::string head = "<tool_call>\n{\"name\": \"call_";
  const int at = static_cast<int>(toy_tokenizer()->encode(head).size());
  lm::Decision decision{.at = at, .choices = {}};
  decision.choices.push_back({.tokens = {}, .text = "small_a\", \"arguments\": {", .logprob = std::log(0.3F)});
  decision.choices.push_back({.tokens = {}, .text = "small_b\", \"arguments\": {", .logprob = std::log(0.1F)});
  decision.choices.push_back({.tokens = {}, .text = "big\", \"arguments\": {}", .logprob = std::log(0.4F)});
  decision.choices.push_back({.tokens = {}, .text = "big\", \"arguments\": {\"", .logprob = std::log(0.2F)});
  generation.decisions = {decision};
  const std::vector<TokenTrace::Alternative> seen = bench.certainty(generation).alternatives;
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].action, "");
  EXPECT_NEAR(seen[0].probability, 0.5, 1e-6);
  EXPECT_EQ(seen[1].action, "call_big");
  EXPECT_NEAR(seen[1].probability, 0.3, 1e-6);
  EXPECT_EQ(seen[2].action, "call_small_a");
  EXPECT_NEAR(seen[3].probability, 0.05, 1e-6);
}

TEST(Certainty, in_compact_counts_kind_and_names_and_not_whether_a_call_is_final) {
  Bench bench;
  bench.model->format = *chat_format::ChatFormat::named("compact");
  lm::Generation generation = bench.reply_of("<|call|>call_big<|final|><|call|>call_small_a");
  Bench::decide(generation, "<|call|>call_big", 0.5);
  Bench::decide(generation, "call_big", 0.5);
  Bench::decide(generation, "<|final|>", 0.01);
  Bench::decide(generation, "call_small_a", 0.5);
  EXPECT_NEAR(*bench.certainty(generation).confidence, 0.125, 1e-6);
}

TEST(Certainty, in_compact_an_answer_is_one_of_the_alternatives_and_a_name_may_begin_another) {
  Bench bench;
  bench.model->format = *chat_format::ChatFormat::named("compact");
  bench.allowed.tools = {{.name = "call_a"}, {.name = "call_ab"}};
  lm::Generation generation = bench.reply_of("<|call|>call_a");
  lm::Decision decision{.at = 0, .choices = {}};
  decision.choices.push_back({.tokens = {}, .text = "<|answer|>", .logprob = std::log(0.2F)});
  decision.choices.push_back({.tokens = {}, .text = "<|call|>call_a", .logprob = std::log(0.3F), .ends = true});
  decision.choices.push_back({.tokens = {}, .text = "<|call|>call_a<|call|>", .logprob = std::log(0.1F)});
  decision.choices.push_back({.tokens = {}, .text = "<|call|>call_ab", .logprob = std::log(0.25F)});
  decision.choices.push_back({.tokens = {}, .text = "<|call|>call_", .logprob = std::log(0.15F)});
  generation.decisions = {decision};
  const std::vector<TokenTrace::Alternative> seen = bench.certainty(generation).alternatives;
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].action, "call_a");
  EXPECT_NEAR(seen[0].probability, 0.4, 1e-6);
  EXPECT_EQ(seen[1].action, "call_ab");
  EXPECT_NEAR(seen[1].probability, 0.25, 1e-6);
  EXPECT_EQ(seen[2].action, "");
  EXPECT_NEAR(seen[2].probability, 0.2, 1e-6);
}

}  // namespace
}  // namespace xrouter::policy_lm
