// Whatever a model without sense writes, the engine finds a valid decision in it: whole episodes with models that are
// a hash of what they have read, at every setting that changes what is allowed.
#include <gtest/gtest.h>

#include "xrouter/engine/arguments.hpp"
#include "xrouter/policy/bench_test.hpp"
#include "xrouter/policy_lm/local_policy.hpp"
#include "xrouter/policy_lm/toy_router.hpp"

namespace xrouter::policy_lm {
namespace {

using policy::PolicyBench;

// Byte by byte a text would take thousands of random tokens to end: ends are made likely, and so are calls.
lm::ToyModelOptions scatterbrained(std::uint64_t seed) {
  lm::ToyModelOptions options{.vocab = static_cast<int>(toy_tokenizer()->size()), .max_positions = kToyContext, .seed = seed};
  options.bias = {{toy_tokenizer()->end(), 9.0F}, {'<', 4.0F}, {'"', 9.0F}, {'}', 9.0F}};
  return options;
}

struct Seen {
  int decisions = 0, answers = 0, calls = 0, selections = 0;
};

class Checked final : public Policy {
 public:
  Checked(LocalPolicy& policy, Seen& seen) : policy_(policy), seen_(seen) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override {
    PolicyReply reply = co_await policy_.decide(prompt, scope);
    check(prompt, reply);
    co_return reply;
  }

 private:
  void check(const DecisionPrompt& prompt, const PolicyReply& reply) {
    ++seen_.decisions;
    ASSERT_FALSE(reply.error) << reply.error->describe();
    ASSERT_TRUE(reply.confidence);
    EXPECT_GE(*reply.confidence, 0);
    EXPECT_LE(*reply.confidence, 1);
    if (reply.tool_calls.empty()) {
      ++seen_.answers;
      EXPECT_TRUE(prompt.may_answer);
      EXPECT_FALSE(reply.text.empty());
    }
    for (const ToolCall& call : reply.tool_calls) check_call(prompt, call);
  }
  void check_call(const DecisionPrompt& prompt, const ToolCall& call) {
    if (call.name == kSelectTool) {
      ++seen_.selections;
      const auto id = parse_select_arguments(call.arguments);
      ASSERT_TRUE(id) << call.arguments;
      bool there = false;
      for (const CallRecord* success : prompt.transcript.successes()) there = there || success->id.value == *id;
      EXPECT_TRUE(there) << call.arguments;
      return;
    }
    ++seen_.calls;
    EXPECT_TRUE(prompt.may_call);
    EXPECT_TRUE(parse_call_arguments(call.arguments)) << call.arguments;
    bool offered = false;
    for (const OfferedModel& model : prompt.spec.offered) offered = offered || model.tool_name == call.name;
    EXPECT_TRUE(offered) << call.name;
  }

  LocalPolicy& policy_;
  Seen& seen_;
};

TEST(AnyModel, decides_validly_and_continues_its_own_tokens) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    PolicyBench bench;
    bench.spec.limits.max_turns = 4;
    bench.spec.limits.max_calls = static_cast<int>(1 + rng.below(6));
    bench.spec.limits.max_calls_per_turn = static_cast<int>(1 + rng.below(3));
    bench.spec.mode = rng.below(4) == 0 ? Mode::simple : Mode::agent;
    if (rng.below(3) == 0) bench.spec.request.tool_choice = RawJson{"\"required\""};
    bench.spec.router_output_tokens = 20'000;
    const auto generator = std::make_shared<ToyGenerator>(scatterbrained(seed));
    LocalPolicy policy(toy_router(generator), Rng(seed), {.temperature = 1});
    Checked checked(policy, seen);
    bench.run(checked);
    for (std::size_t turn = 1; turn < generator->requests.size(); ++turn) {
      const auto& before = generator->requests[turn - 1].prompt;
      const auto& after = generator->requests[turn].prompt;
      ASSERT_GT(after.size(), before.size());
      EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin())) << "seed " << seed << " turn " << turn + 1;
    }
  }
  RecordProperty("decisions", seen.decisions);
  EXPECT_GT(seen.answers, 0);
  EXPECT_GT(seen.calls, 0);
  EXPECT_GT(seen.selections, 0);
}

}  // namespace
}  // namespace xrouter::policy_lm
