// The prompt only ever grows at its end, over whole random episodes; and requests share all of it that can be shared.
#include <gtest/gtest.h>

#include <algorithm>

#include "xrouter/base/rng.hpp"
#include "xrouter/engine/episode.hpp"
#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy/router_prompt.hpp"

namespace xrouter::policy {
namespace {

/// Decides at random, well and badly, and keeps every prompt that it was shown.
class RandomPolicy final : public Policy {
 public:
  explicit RandomPolicy(std::uint64_t seed) : rng_(seed) {}

  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope&) override {
    prompts.push_back(render_router_prompt(prompt));
    if (prompt.turn > 1) results.push_back(render_results(prompt));
    PolicyReply reply;
    if (rng_.below(3) == 0) reply.text = "thinking";
    for (std::uint64_t calls = 1 + rng_.below(3); calls > 0; --calls) reply.tool_calls.push_back(any_call(prompt));
    AttemptRecord paid{.model = ModelId("router-7b")};
    paid.cost = Cost::exactly(Usd::from_pico(static_cast<std::int64_t>(rng_.below(1'000'000'000))));
    reply.attempts.push_back(paid);
    replies.push_back(reply);
    co_return reply;
  }

  std::vector<ChatRequest> prompts;
  std::vector<std::vector<Message>> results;  ///< of turn 2 and on
  std::vector<PolicyReply> replies;

 private:
  ToolCall any_call(const DecisionPrompt& prompt) {
    switch (rng_.below(6)) {
      case 0: return tool_call("no_such_tool");
      case 1: return tool_call(std::string(kSelectTool), R"({"call_id":"c99"})");
      case 2: return tool_call(prompt.spec.offered[rng_.below(3)].tool_name, "{broken");
      default: return tool_call(prompt.spec.offered[rng_.below(3)].tool_name);
    }
  }
  Rng rng_;
};

struct Played {
  std::vector<ChatRequest> prompts;
  std::vector<std::vector<Message>> results;
};

Played play(std::uint64_t seed) {
  Rng rng(seed);
  PolicyBench bench;
  bench.spec.limits.max_turns = 6;
  bench.spec.limits.max_calls = static_cast<int>(1 + rng.below(8));
  if (rng.below(2) == 0) bench.spec.limits.max_cost = Usd::from_pico(static_cast<std::int64_t>(rng.below(100'000'000'000)));
  if (rng.below(3) == 0) bench.spec.request.tool_choice = RawJson{"\"required\""};
  for (const char* model : {"small-a", "small-b", "big"})
    for (int i = 0; i < 8; ++i)
      if (rng.below(3) == 0) bench.pool.on(model, scripted_failure(ErrorKind::rate_limited));
      else bench.pool.on(model, "it is " + std::to_string(rng.below(3)));
  if (rng.below(2) == 0) bench.spec.request.messages[0].content = std::string("What is 6 times 7? Give the final answer.");
  RandomPolicy policy(rng.next());
  bench.run(policy);
  return {std::move(policy.prompts), std::move(policy.results)};
}

TEST(PromptGrowth, every_prompt_of_an_episode_is_the_one_before_and_more) {
  std::size_t extensions = 0, agreements = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Played played = play(seed);
    for (std::size_t turn = 1; turn < played.prompts.size(); ++turn) {
      const ChatRequest& before = played.prompts[turn - 1];
      const ChatRequest& after = played.prompts[turn];
      ASSERT_EQ(after.tools, before.tools) << "seed " << seed;
      ASSERT_GT(after.messages.size(), before.messages.size());
      for (std::size_t i = 0; i < before.messages.size(); ++i) ASSERT_EQ(after.messages[i], before.messages[i]) << "seed " << seed << " message " << i;
      ASSERT_EQ(after.messages[before.messages.size()].role, Role::assistant);
      const std::vector<Message> results(after.messages.begin() + static_cast<std::ptrdiff_t>(before.messages.size()) + 1, after.messages.end());
      ASSERT_EQ(results, played.results[turn - 1]) << "seed " << seed;
      ++extensions;
      for (const Message& result : results) agreements += text_of(result.content).find("agrees_with") != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GT(agreements, 50u);
  EXPECT_GT(extensions, 800u);
}

TEST(PromptGrowth, requests_with_the_same_models_and_mode_share_system_message_and_tools) {
  PolicyBench bench;
  const ChatRequest plain = render_router_prompt(bench.prompt());
  bench.spec.cost_weight = 7;
  bench.spec.request.tools = {{.name = "get_time"}};
  bench.spec.request.messages.insert(bench.spec.request.messages.begin(), {.role = Role::system, .content = std::string("Be brief.")});
  DecisionPrompt prompt = bench.prompt();
  prompt.may_answer = false;
  prompt.cost_left = *Usd::parse("1");
  const ChatRequest other = render_router_prompt(prompt);
  EXPECT_EQ(other.messages.at(0), plain.messages.at(0));
  EXPECT_EQ(other.tools, plain.tools);
}

TEST(PromptGrowth, the_same_conversation_at_another_price_is_the_same_up_to_the_note) {
  PolicyBench bench;
  bench.spec.request.messages.insert(bench.spec.request.messages.begin(), {.role = Role::system, .content = std::string("Be brief.")});
  const ChatRequest dear = render_router_prompt(bench.prompt());
  bench.spec.cost_weight = 0.25;
  const ChatRequest cheap = render_router_prompt(bench.prompt());
  ASSERT_EQ(dear.messages.size(), cheap.messages.size());
  for (std::size_t i = 0; i + 1 < dear.messages.size(); ++i) EXPECT_EQ(dear.messages[i], cheap.messages[i]);
  const std::string left = text_of(dear.messages.back().content), right = text_of(cheap.messages.back().content);
  const auto [differs, other] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  EXPECT_TRUE(std::string(left.begin(), differs).ends_with("What is 6 times 7?\n\n[Router note, not from the user]\nPrices:\nI:call_small_a\nI:call_small_b\nR:call_big\nCost weight: ")) << left;
}

}  // namespace
}  // namespace xrouter::policy
