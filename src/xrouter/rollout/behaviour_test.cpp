#include "xrouter/rollout/behaviour.hpp"

#include <gtest/gtest.h>

namespace xrouter::rollout {
namespace {

Rollout rollout(Verdict verdict, AnswerSource source, std::vector<std::string> calls, int turns = 1) {
  Rollout out;
  out.verdict = verdict;
  out.score = verdict == Verdict::right ? 1 : 0;
  out.source = source;
  out.calls = std::move(calls);
  out.turns = turns;
  out.router_cost = Usd::from_pico(1);
  out.target_cost = Usd::from_pico(10);
  out.first_action = out.calls.size() > 1 && turns == 1 ? "several" : "x";
  return out;
}

std::vector<Group> some_groups() {
  Group first{.sample = 0};
  first.rollouts = {rollout(Verdict::right, AnswerSource::selected, {"a", "b"}, 2), rollout(Verdict::wrong, AnswerSource::selected, {"a"})};
  first.rollouts[1].final_call = true;
  first.rollouts[1].wasted_cost = Usd::from_pico(3);
  first.rollouts[1].reference_cost = Usd::from_pico(100);
  Group second{.sample = 1};
  second.rollouts = {rollout(Verdict::unscored, AnswerSource::none, {"a", "a"}), rollout(Verdict::right, AnswerSource::direct, {})};
  second.rollouts[1].trajectory.sequence.tokens = {1, 2};
  second.rollouts[1].trajectory.router_tokens = 6;
  return {first, second};
}

TEST(Behaviour, shares_are_of_all_rollouts_and_success_of_the_scored) {
  const auto groups = some_groups();
  const Behaviour all = behaviour_of(groups);
  EXPECT_EQ(all.rollouts, 4U);
  EXPECT_EQ(all.scored, 3U);
  EXPECT_DOUBLE_EQ(all.success, 2.0 / 3);
  EXPECT_DOUBLE_EQ(all.direct + all.selected + all.final_call + all.synthesised + all.last_reply + all.none, 1);
  EXPECT_DOUBLE_EQ(all.selected, 0.25);
  EXPECT_DOUBLE_EQ(all.final_call, 0.25);
  EXPECT_DOUBLE_EQ(all.calls, 5.0 / 4);
  EXPECT_DOUBLE_EQ(all.several_turns, 0.25);
  EXPECT_DOUBLE_EQ(all.several_calls, 0.25);
  EXPECT_DOUBLE_EQ(all.called, 0.75);
  EXPECT_DOUBLE_EQ(all.model_share.at("a"), 0.8);
  EXPECT_DOUBLE_EQ(all.top_model_share, 0.8);
  EXPECT_DOUBLE_EQ(all.without_trajectory, 0.75);
  EXPECT_DOUBLE_EQ(all.router_tokens, 6);
}

TEST(Behaviour, money_adds_up_and_is_compared_where_there_is_something_to_compare_with) {
  const Behaviour all = behaviour_of(some_groups());
  EXPECT_EQ(all.router_cost.pico(), 4);
  EXPECT_EQ(all.target_cost.pico(), 40);
  EXPECT_EQ(all.wasted_cost.pico(), 3);
  EXPECT_EQ(all.reference_cost.pico(), 100);
  EXPECT_EQ(all.cost_with_reference.pico(), 11);
}

TEST(Behaviour, is_split_by_what_samples_are) {
  const auto split = behaviour_by(some_groups(), [](std::size_t sample) { return sample == 0 ? "easy" : "direct"; });
  EXPECT_DOUBLE_EQ(split.at("easy").success, 0.5);
  EXPECT_DOUBLE_EQ(split.at("direct").success, 1);
}

TEST(Behaviour, of_nothing_is_zero) {
  const Behaviour none = behaviour_of(std::vector<Group>{});
  EXPECT_EQ(none.rollouts, 0U);
  EXPECT_EQ(none.success, 0);
  EXPECT_EQ(none.top_model_share, 0);
}

}  // namespace
}  // namespace xrouter::rollout
