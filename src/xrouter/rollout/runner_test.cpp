#include "xrouter/rollout/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/async/event.hpp"
#include "xrouter/rollout/group_bytes.hpp"
#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<WorkItem> items_of(std::size_t samples, int rollouts) {
  std::vector<WorkItem> items;
  for (std::size_t i = 0; i < samples; ++i)
    items.push_back({.sample = i,
                     .cost_weight = 0.5 * static_cast<double>(i),
                     .rollouts = rollouts,
                     .seed = seed_of(7, 3, "toy/" + std::to_string(i))});
  return items;
}

std::vector<Group> run_toy(const std::vector<WorkItem>& items, int in_flight, std::uint64_t model_seed = 5) {
  ToyRollouts toy;
  ToyRouter router(model_seed);
  return toy.run(items, toy.parts(local_policies(router.model, 1), router.generator.get()), {.rollouts_in_flight = in_flight});
}

TEST(Runner, same_inputs_same_bytes) {
  const auto items = items_of(4, 3);
  EXPECT_EQ(encode_groups(run_toy(items, 64)), encode_groups(run_toy(items, 64)));
}

TEST(Runner, another_seed_another_rollout) {
  auto items = items_of(1, 2);
  const std::string before = encode_groups(run_toy(items, 64));
  items[0].seed += 1;
  EXPECT_NE(before, encode_groups(run_toy(items, 64)));
}

TEST(Runner, neither_the_order_of_work_nor_how_much_runs_at_once_changes_a_rollout) {
  const auto items = items_of(5, 3);
  const auto all_at_once = run_toy(items, 64);
  auto turned = items;
  std::reverse(turned.begin(), turned.end());
  auto one_by_one = run_toy(turned, 1);
  std::reverse(one_by_one.begin(), one_by_one.end());
  EXPECT_EQ(encode_groups(all_at_once), encode_groups(one_by_one));
}

TEST(Runner, rollouts_of_a_group_differ_and_keep_their_tokens) {
  const auto groups = run_toy(items_of(3, 4), 64);
  int different = 0;
  for (const Group& group : groups) {
    ASSERT_EQ(group.rollouts.size(), 4U);
    for (std::size_t i = 0; i < group.rollouts.size(); ++i) {
      const Trajectory& trajectory = group.rollouts[i].trajectory;
      EXPECT_EQ(group.rollouts[i].index, static_cast<int>(i));
      ASSERT_FALSE(trajectory.sequence.choices.empty());
      EXPECT_EQ(trajectory.logprobs.size(), trajectory.sequence.choices.size());
      EXPECT_EQ(trajectory.policy_version, "toy@1");
      EXPECT_GE(trajectory.sequence.choices.front().at, trajectory.prompt_tokens);
      different += trajectory.sequence.tokens != group.rollouts[0].trajectory.sequence.tokens ? 1 : 0;
    }
  }
  EXPECT_GT(different, 0);
}

TEST(Runner, each_rollout_may_have_a_pool_of_its_own) {
  ToyRollouts toy;
  std::vector<std::pair<int, int>> made;
  RunnerParts parts = toy.parts([](const EpisodeFacts&) {
    auto policy = std::make_unique<ScriptedPolicy>();
    policy->then(committing("strong"));
    return policy;
  });
  parts.rollout_pool = [&](int index, int rollouts) {
    made.emplace_back(index, rollouts);
    auto pool = std::make_unique<ScriptedPool>();
    pool->on("strong", "The answer is " + std::to_string(index) + ".");
    return pool;
  };
  const auto groups = toy.run({{.sample = 1, .rollouts = 3, .seed = 1}}, parts);
  EXPECT_THAT(made, ElementsAre(std::pair(0, 3), std::pair(1, 3), std::pair(2, 3)));
  for (const Rollout& rollout : groups[0].rollouts) EXPECT_EQ(rollout.verdict, rollout.index == 1 ? Verdict::right : Verdict::wrong);
}

// Answers when the io_context next runs, as a socket does: no timer knows of it.
class PostingPool final : public ModelPool {
 public:
  explicit PostingPool(ModelPool& other) : other_(other) {}
  boost::asio::awaitable<ModelReply> call(const ModelCall& call, CallScope& scope, DeltaSink* live) override {
    Event arrived(scope.executor());
    scope.timers().schedule(scope.now(), [&arrived] { arrived.set(); });
    co_await arrived.wait();
    co_return co_await other_.call(call, scope, live);
  }

 private:
  ModelPool& other_;
};

TEST(Runner, waits_for_live_models_on_their_own_context) {
  ToyRollouts toy;
  PostingPool live(*toy.pool);
  toy.other_pool = &live;
  boost::asio::io_context io(1);
  AsioTimers timers(io);
  const LiveTime time{.io = io, .timers = timers};
  RunnerParts parts = toy.parts([](const EpisodeFacts&) {
    auto policy = std::make_unique<ScriptedPolicy>();
    policy->then(committing("strong"));
    return policy;
  });
  parts.live = &time;
  const auto groups = toy.run(items_of(4, 2), parts);
  ASSERT_EQ(groups.size(), 4U);
  for (const Group& group : groups)
    for (const Rollout& rollout : group.rollouts) EXPECT_EQ(rollout.verdict, Verdict::right);
}

TEST(Runner, costs_are_exact_and_what_was_called_in_vain_is_wasted) {
  ToyRollouts toy;
  const Rollout rollout = toy.run_script(2, {calling({"cheap", "mid"}), selecting("c2")});
  // 100 tokens in, 10 and 20 out, at 0.1 / 0.4 and 1 / 2 dollars a million.
  const std::int64_t cheap = 100 * 100'000 + 10 * 400'000, mid = 100 * 1'000'000 + 20 * 2'000'000;
  EXPECT_EQ(rollout.target_cost.pico(), cheap + mid);
  EXPECT_EQ(rollout.wasted_cost.pico(), cheap);
  EXPECT_EQ(rollout.router_cost.pico(), 0);
  EXPECT_EQ(rollout.reference_cost->pico(), 100 * 3'000'000 + 40 * 15'000'000);
  EXPECT_TRUE(rollout.cost_known);
  EXPECT_EQ(rollout.verdict, Verdict::right);
  EXPECT_EQ(rollout.source, AnswerSource::selected);
  EXPECT_FALSE(rollout.final_call);
  EXPECT_EQ(rollout.refused_calls, 0) << "a selection is no call";
  EXPECT_EQ(rollout.turns, 2);
  EXPECT_THAT(rollout.calls, ElementsAre("cheap", "mid"));
  EXPECT_EQ(rollout.first_action, "several");
}

TEST(Runner, a_final_call_is_told_from_a_selection) {
  ToyRollouts toy;
  const Rollout rollout = toy.run_script(1, {committing("cheap")});
  EXPECT_TRUE(rollout.final_call);
  EXPECT_EQ(rollout.first_action, "cheap");
  EXPECT_EQ(rollout.verdict, Verdict::wrong);
  EXPECT_EQ(rollout.wasted_cost.pico(), 0) << "a wrong answer was paid for, not wasted";
}

TEST(Runner, the_router_pays_for_its_own_tokens) {
  ToyRollouts toy;
  PolicyReply reply = answering("The answer is 3.");
  reply.attempts.push_back(
      {.model = ModelId("router"), .usage = {.prompt_tokens = 500, .completion_tokens = 3}, .cost = Cost::exactly(Usd::from_pico(4'242))});
  const Rollout rollout = toy.run_script(3, {reply}, {.keep_answers = true});
  EXPECT_EQ(rollout.router_cost.pico(), 4'242);
  EXPECT_EQ(rollout.source, AnswerSource::direct);
  EXPECT_EQ(rollout.first_action, "answer");
  EXPECT_EQ(rollout.answer, "The answer is 3.");
  EXPECT_EQ(rollout.verdict, Verdict::right);
  EXPECT_TRUE(rollout.trajectory.sequence.tokens.empty()) << "a script has no tokens";
}

TEST(Runner, a_cost_that_nobody_knows_is_said_to_be_unknown) {
  ToyRollouts toy;
  PolicyReply reply = answering("The answer is 3.");
  reply.attempts.push_back({.model = ModelId("router"), .cost = Cost::unknown()});
  EXPECT_FALSE(toy.run_script(3, {reply}).cost_known);
}

TEST(Runner, a_failed_call_counts_and_the_router_may_go_on) {
  ToyRollouts toy;
  ScriptedPool pool;
  pool.on("cheap", scripted_failure(ErrorKind::upstream_unreachable)).on("mid", "The answer is 2.");
  toy.other_pool = &pool;
  const Rollout rollout = toy.run_script(2, {calling({"cheap"}), committing("mid")});
  EXPECT_EQ(rollout.failed_calls, 1);
  EXPECT_EQ(rollout.refused_calls, 0);
  EXPECT_THAT(rollout.calls, ElementsAre("cheap", "mid"));
  EXPECT_EQ(rollout.verdict, Verdict::right);
}

TEST(Runner, a_refused_call_is_no_call) {
  ToyRollouts toy;
  PolicyReply unknown = calling({"nobody"});
  const Rollout rollout = toy.run_script(2, {unknown, committing("mid")});
  EXPECT_EQ(rollout.refused_calls, 1);
  EXPECT_THAT(rollout.calls, ElementsAre("mid"));
  EXPECT_EQ(rollout.first_action, "");
}

TEST(Runner, a_decision_that_led_nowhere_is_wrong_and_a_failure_of_the_program_is_unscored) {
  ToyRollouts toy;
  const auto verdict_of = [&](ErrorKind kind) { return toy.run_script(1, {failing(kind)}).verdict; };
  EXPECT_EQ(verdict_of(ErrorKind::no_usable_answer), Verdict::wrong);
  EXPECT_EQ(verdict_of(ErrorKind::context_length), Verdict::wrong);
  EXPECT_EQ(verdict_of(ErrorKind::attempt_timeout), Verdict::unscored) << "whoever was slow, it was not what was decided";
  EXPECT_EQ(verdict_of(ErrorKind::upstream_unreachable), Verdict::unscored);
  EXPECT_EQ(verdict_of(ErrorKind::content_filtered), Verdict::wrong);
  EXPECT_EQ(verdict_of(ErrorKind::internal), Verdict::unscored);
  EXPECT_EQ(verdict_of(ErrorKind::overloaded), Verdict::unscored);
}

TEST(Runner, a_grader_that_cannot_say_leaves_the_rollout_unscored) {
  ToyRollouts toy;
  RunnerParts parts = toy.parts([](const EpisodeFacts&) {
    auto policy = std::make_unique<ScriptedPolicy>();
    policy->then(answering("who knows"));
    return policy;
  });
  parts.grade = [](const corpus::Question&, std::string_view) { return Graded{.verdict = Verdict::unscored, .score = 0.7}; };
  const Rollout rollout = toy.run({{.sample = 0, .rollouts = 1}}, parts).at(0).rollouts.at(0);
  EXPECT_EQ(rollout.verdict, Verdict::unscored);
  EXPECT_EQ(rollout.score, 0);
}

TEST(Runner, a_prompt_that_does_not_fit_is_a_wrong_rollout_without_tokens) {
  ToyRollouts toy;
  ToyRouter router(1, {}, 600);
  const auto groups = toy.run(items_of(1, 2), toy.parts(local_policies(router.model, 1), router.generator.get()));
  for (const Rollout& rollout : groups.at(0).rollouts) {
    EXPECT_EQ(rollout.verdict, Verdict::wrong);
    EXPECT_EQ(rollout.stop, StopReason::policy_failed);
    EXPECT_TRUE(rollout.trajectory.sequence.tokens.empty());
  }
}

TEST(Runner, a_decision_at_its_token_limit_is_cut_off) {
  ToyRollouts toy;
  toy.base.router_output_tokens = 3;
  ToyRouter router(3);
  const auto groups = toy.run(items_of(4, 4), toy.parts(local_policies(router.model, 1), router.generator.get()));
  int cut_off = 0;
  for (const Group& group : groups)
    for (const Rollout& rollout : group.rollouts) cut_off += rollout.cut_off ? 1 : 0;
  EXPECT_GT(cut_off, 0);
}

TEST(Runner, calls_are_told_by_their_original_names) {
  ToyRollouts toy;
  toy.samples[0].models[2].alias = "model_k3";
  toy.samples[0].models[2].price_permille = 500;
  const Rollout rollout = toy.run_script(0, {committing("model_k3")});
  EXPECT_THAT(rollout.calls, ElementsAre("strong"));
  EXPECT_EQ(rollout.first_action, "strong");
  EXPECT_EQ(rollout.target_cost.pico(), (100 * 3'000'000 + 40 * 15'000'000) / 2);
  EXPECT_EQ(rollout.verdict, Verdict::right);
}

TEST(Runner, the_router_may_be_told_another_cost_weight_than_the_reward_uses) {
  ToyRollouts toy;
  double seen = -1;
  class Listening final : public Policy {
   public:
    explicit Listening(double& told) : told_(told) {}
    boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope&) override {
      told_ = prompt.spec.cost_weight;
      co_return answering("x");
    }

   private:
    double& told_;
  };
  const MakePolicy policy = [&](const EpisodeFacts&) { return std::make_unique<Listening>(seen); };
  const auto groups = toy.run({{.sample = 0, .cost_weight = 2, .told = 0.25, .rollouts = 1}}, toy.parts(policy));
  EXPECT_EQ(seen, 0.25);
  EXPECT_EQ(groups.at(0).rollouts.at(0).cost_weight, 2);
}

TEST(Runner, recorded_latencies_pass_in_simulated_time) {
  ToyRollouts toy;
  recorded::RecordedPool slow(toy.corpus, {.replay_latency = true, .first_token = std::chrono::milliseconds(500), .tokens_per_second = 10});
  toy.other_pool = &slow;
  EXPECT_DOUBLE_EQ(toy.run_script(0, {committing("mid")}).seconds, 2.5);
}

TEST(Runner, the_stop_switch_ends_a_run_early) {
  ToyRollouts toy;
  ToyRouter router(3);
  std::atomic<bool> stop = false;
  std::size_t done = 0;
  RunnerOptions options{.rollouts_in_flight = 4, .stop = &stop};
  options.progress = [&](const Progress& progress) {
    done = progress.rollouts_done;
    stop = stop || done >= 3;
  };
  const auto items = items_of(8, 4);
  const auto groups = run_rollouts(items, toy.parts(local_policies(router.model, 1), router.generator.get()), options);
  ASSERT_FALSE(groups);
  EXPECT_EQ(groups.error().kind, ErrorKind::cancelled);
  EXPECT_LT(done, 12U);
  EXPECT_FALSE(router.generator->busy()) << "nothing is left for the next run";
}

TEST(Runner, a_sample_that_cannot_be_asked_ends_the_run_with_its_name) {
  ToyRollouts toy;
  toy.reference = {.kind = ReferenceRule::Kind::model, .models = {ModelId("nobody")}};
  RunnerParts parts = toy.parts([](const EpisodeFacts&) { return std::make_unique<ScriptedPolicy>(); });
  parts.task = [&](std::size_t index) {
    return make_task(toy.samples[index], *toy.corpus->read(index), *toy.catalog, toy.base, toy.reference);
  };
  const auto groups = run_rollouts(items_of(2, 1), parts);
  ASSERT_FALSE(groups);
  EXPECT_EQ(groups.error().kind, ErrorKind::config);
  EXPECT_THAT(groups.error().public_text, HasSubstr("toy/0#0"));
}

TEST(Runner, more_rollouts_than_the_generator_takes_are_refused_before_anything_runs) {
  ToyRollouts toy;
  ToyRouter router(3, {.max_batch = 2, .max_queue = 2});
  const auto groups =
      run_rollouts(items_of(1, 5), toy.parts(local_policies(router.model, 1), router.generator.get()), {.rollouts_in_flight = 4});
  ASSERT_FALSE(groups);
  EXPECT_EQ(groups.error().kind, ErrorKind::config);
}

TEST(Runner, nothing_to_do_is_done_at_once) {
  ToyRollouts toy;
  EXPECT_TRUE(toy.run({}, toy.parts([](const EpisodeFacts&) { return nullptr; })).empty());
  const auto groups = toy.run({{.sample = 1, .rollouts = 0}}, toy.parts([](const EpisodeFacts&) { return nullptr; }));
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_TRUE(groups[0].rollouts.empty());
}

TEST(Task, costs_are_compared_with_what_the_rule_names) {
  ToyRollouts toy;
  const std::int64_t cheap = 100 * 100'000 + 10 * 400'000, mid = 100 * 1'000'000 + 20 * 2'000'000,
                     strong = 100 * 3'000'000 + 40 * 15'000'000;
  EXPECT_EQ(toy.task(0)->reference_cost->pico(), strong);
  toy.reference.kind = ReferenceRule::Kind::pool_mean;
  EXPECT_EQ(toy.task(0)->reference_cost->pico(), (cheap + mid + strong) / 3);
  toy.samples[0].models.resize(2);
  toy.reference.kind = ReferenceRule::Kind::best;
  EXPECT_EQ(toy.task(0)->reference_cost->pico(), mid) << "the best of those that are offered";
  toy.reference = {.kind = ReferenceRule::Kind::model, .models = {ModelId("strong")}};
  EXPECT_EQ(toy.task(0)->reference_cost->pico(), strong) << "offered or not";
}

}  // namespace
}  // namespace xrouter::rollout
