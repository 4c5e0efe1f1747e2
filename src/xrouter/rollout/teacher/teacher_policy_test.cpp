#include "xrouter/rollout/teacher/teacher_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

using ::testing::ElementsAre;

const ModelId kCheap("cheap"), kMid("mid"), kStrong("strong");

/// Follows plans through whole episodes; what is written are made-up tokens, one a decision.
struct Bench {
  ToyRollouts toy{16};
  ScriptedPool pool;

  Rollout follow(std::size_t sample, const Plan& plan, WriteDecision write = made_up) {
    const MakePolicy policy = [&](const EpisodeFacts&) { return std::make_unique<TeacherPolicy>(plan, write); };
    return toy.run({{.sample = sample, .rollouts = 1}}, toy.parts(policy), {.keep_answers = true}).at(0).rollouts.at(0);
  }
  static Result<TokenTrace> made_up(const DecisionPrompt& prompt, const PolicyReply&) {
    TokenTrace trace{.policy_version = "teacher", .prompt = {1}, .reply = {}, .ended = true};
    for (const Turn& turn : prompt.transcript.turns) trace.prompt.push_back(turn.trace->reply.front().id);
    trace.reply.push_back({.id = 100 + prompt.turn, .choices = {}});
    return trace;
  }
};

TEST(TeacherPolicy, a_final_call_goes_to_the_user) {
  Bench bench;
  const Rollout rollout = bench.follow(2, {.kind = PlanKind::final_call, .first = kMid});
  EXPECT_TRUE(rollout.final_call);
  EXPECT_EQ(rollout.turns, 1);
  EXPECT_EQ(rollout.verdict, Verdict::right);
  EXPECT_EQ(rollout.trajectory.sequence.tokens, (std::vector<learner::TokenId>{1, 101}));
}

TEST(TeacherPolicy, an_answer_is_selected_that_states_one) {
  Bench bench;
  bench.toy.other_pool = &bench.pool;
  const Plan plan{.kind = PlanKind::look, .first = kCheap, .last = kStrong};
  bench.pool.on("cheap", "I do not know.").on("strong", "The answer is 3.");
  const Rollout asked = bench.follow(3, plan);
  EXPECT_THAT(asked.calls, ElementsAre("cheap", "strong"));
  EXPECT_TRUE(asked.final_call);
  EXPECT_EQ(asked.verdict, Verdict::right);
  bench.pool.on("cheap", "The answer is 9.");
  const Rollout taken = bench.follow(3, plan);
  EXPECT_THAT(taken.calls, ElementsAre("cheap")) << "it does not know better";
  EXPECT_EQ(taken.turns, 2);
  EXPECT_EQ(taken.source, AnswerSource::selected);
  EXPECT_FALSE(taken.final_call);
  EXPECT_EQ(taken.trajectory.turns, (std::vector<int>{1, 2}));
}

TEST(TeacherPolicy, of_two_that_agree_one_is_selected_right_or_wrong) {
  Bench bench;
  const Plan plan{.kind = PlanKind::pair, .first = kCheap, .second = kMid, .last = kStrong};
  const Rollout right = bench.follow(4, plan);
  EXPECT_EQ(right.first_action, "several");
  EXPECT_EQ(right.verdict, Verdict::right);
  EXPECT_THAT(right.calls, ElementsAre("cheap", "mid"));
  const Rollout wrong = bench.follow(9, plan);
  EXPECT_THAT(wrong.calls, ElementsAre("cheap", "mid")) << "both say the same, and that is all that can be seen";
  EXPECT_EQ(wrong.verdict, Verdict::wrong);
  const Rollout different = bench.follow(1, plan);
  EXPECT_THAT(different.calls, ElementsAre("cheap", "mid", "strong"));
  EXPECT_EQ(different.verdict, Verdict::right);
}

TEST(TeacherPolicy, a_third_answer_may_be_doubted) {
  Bench bench;
  bench.toy.other_pool = &bench.pool;
  Plan plan{.kind = PlanKind::pair, .first = kCheap, .second = kMid, .last = kStrong, .fallback = kMid};
  const auto follow = [&](std::size_t sample, const char* third) {
    bench.pool.on("cheap", "The answer is 1.").on("mid", "The answer is 2.").on("strong", third);
    return bench.follow(sample, plan);
  };
  const Rollout silent = follow(2, "I do not know.");
  EXPECT_THAT(silent.calls, ElementsAre("cheap", "mid", "strong")) << "whose answer is there already is not asked again";
  EXPECT_EQ(silent.source, AnswerSource::selected);
  EXPECT_EQ(silent.verdict, Verdict::right);
  EXPECT_EQ(follow(3, "The answer is 3.").verdict, Verdict::right) << "it states one";
  plan.doubt = Doubt::no_agreement;
  EXPECT_EQ(follow(2, "The answer is 3.").verdict, Verdict::right) << "nobody agrees with it";
  EXPECT_EQ(follow(1, "The answer is 1.").verdict, Verdict::right) << "two of three";
}

TEST(TeacherPolicy, a_third_answer_that_could_not_be_read_is_final) {
  Bench bench;
  bench.toy.base.limits.max_turns = 2;
  const Rollout rollout = bench.follow(2, {.kind = PlanKind::pair, .first = kCheap, .second = kMid, .last = kStrong, .fallback = kMid});
  EXPECT_THAT(rollout.calls, ElementsAre("cheap", "mid", "strong"));
  EXPECT_TRUE(rollout.final_call);
}

TEST(TeacherPolicy, after_a_failed_call_it_takes_what_there_is) {
  Bench bench;
  bench.toy.other_pool = &bench.pool;
  bench.pool.on("cheap", scripted_failure(ErrorKind::upstream_unreachable)).on("strong", "The answer is 4.");
  const Rollout other = bench.follow(4, {.kind = PlanKind::look, .first = kCheap, .last = kStrong});
  EXPECT_EQ(other.verdict, Verdict::right);
  EXPECT_EQ(other.failed_calls, 1);
  bench.pool.on("mid", scripted_failure(ErrorKind::upstream_unreachable));
  const Rollout none = bench.follow(4, {.kind = PlanKind::final_call, .first = kMid});
  EXPECT_EQ(none.source, AnswerSource::none);
  EXPECT_EQ(none.verdict, Verdict::unscored) << "the upstream was away";
}

TEST(TeacherPolicy, in_simple_mode_a_call_needs_no_word) {
  Bench bench;
  bench.toy.base.mode = Mode::simple;
  std::string arguments;
  const auto listen = [&](const DecisionPrompt& prompt, const PolicyReply& decision) {
    arguments = decision.tool_calls.front().arguments;
    return Bench::made_up(prompt, decision);
  };
  EXPECT_EQ(bench.follow(2, {.kind = PlanKind::final_call, .first = kMid}, listen).verdict, Verdict::right);
  EXPECT_EQ(arguments, "{}");
}

TEST(TeacherPolicy, what_cannot_be_written_down_fails_the_decision) {
  Bench bench;
  const auto refuse = [](const DecisionPrompt&, const PolicyReply&) -> Result<TokenTrace> {
    return fail(ErrorKind::context_length, "too long");
  };
  const Rollout rollout = bench.follow(2, {.kind = PlanKind::final_call, .first = kMid}, refuse);
  EXPECT_EQ(rollout.stop, StopReason::policy_failed);
  EXPECT_TRUE(rollout.trajectory.sequence.tokens.empty());
}

// The real thing: every plan of every kind, written in the tokens of a router, is a trajectory that the engine accepts.
TEST(TeacherPolicy, every_plan_can_be_written_in_the_tokens_of_a_router) {
  ToyRollouts toy(16);
  ToyRouter router(1);
  const auto table = OutcomeTable::make(*toy.corpus, *toy.catalog);
  ASSERT_TRUE(table);
  TeacherOptions options;
  options.temperature = 0.5;
  EpisodeSpec priced = toy.base;
  const ModelSpec price = priced_model("router", 1'000, 2'000);
  priced.router = &price;
  toy.base = priced;
  std::vector<WorkItem> items;
  for (std::size_t i = 0; i < 16; ++i) items.push_back({.sample = i, .cost_weight = 0.3, .rollouts = 6, .seed = i});
  toy.samples[4].stratum = samples::Stratum::direct;
  const auto groups = toy.run(items, toy.parts(teacher_policies(*table, options, written_by(router.model))));
  std::size_t several_turns = 0;
  for (const Group& group : groups) {
    for (const Rollout& rollout : group.rollouts) {
      ASSERT_FALSE(rollout.trajectory.sequence.choices.empty()) << rollout.sample;
      EXPECT_EQ(rollout.refused_calls, 0);
      EXPECT_FALSE(rollout.cut_off);
      const auto tokens = static_cast<std::int64_t>(rollout.trajectory.prompt_tokens) * 1'000;
      EXPECT_GT(rollout.router_cost.pico(), tokens);
      several_turns += rollout.turns > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(several_turns, 10U);
}

}  // namespace
}  // namespace xrouter::rollout
