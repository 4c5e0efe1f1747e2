#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/rollout/rollout.hpp"
#include "xrouter/rollout/toy_rollouts_test.hpp"

namespace xrouter::rollout {
namespace {

std::shared_ptr<TokenTrace> trace(std::vector<std::int32_t> prompt, std::vector<TokenTrace::Token> reply, std::string version = "v1") {
  return std::make_shared<TokenTrace>(
      TokenTrace{.policy_version = std::move(version), .prompt = std::move(prompt), .reply = std::move(reply), .ended = true});
}
Turn turn_of(std::shared_ptr<TokenTrace> made) {
  Turn turn;
  turn.trace = std::move(made);
  return turn;
}

TEST(Trajectory, is_the_decisions_behind_each_other_with_what_was_chosen) {
  Transcript transcript;
  transcript.turns.push_back(turn_of(trace({1, 2}, {{.id = 3, .logprob = -0.5F, .choices = {3, 9}}, {.id = 4, .forced = true}})));
  transcript.turns.push_back(turn_of(trace({1, 2, 3, 4, 5, 6}, {{.id = 7, .logprob = -0.1F, .free_logprob = -2.0F}})));
  const auto trajectory = trajectory_of(transcript);
  ASSERT_TRUE(trajectory);
  EXPECT_EQ(trajectory->sequence.tokens, (std::vector<learner::TokenId>{1, 2, 3, 4, 5, 6, 7}));
  ASSERT_EQ(trajectory->sequence.choices.size(), 2U);
  EXPECT_EQ(trajectory->sequence.choices[0].at, 2);
  EXPECT_EQ(trajectory->sequence.choices[0].among, (std::vector<learner::TokenId>{3, 9}));
  EXPECT_EQ(trajectory->sequence.choices[1].at, 6);
  EXPECT_TRUE(trajectory->sequence.choices[1].among.empty());
  EXPECT_EQ(trajectory->logprobs, (std::vector<float>{-0.5F, -2.0F})) << "over the whole vocabulary where nothing narrowed it";
  EXPECT_EQ(trajectory->turns, (std::vector<int>{1, 2}));
  EXPECT_EQ(trajectory->prompt_tokens, 2);
  EXPECT_EQ(trajectory->router_tokens, 3);
}

TEST(Trajectory, a_prompt_that_does_not_go_on_from_the_tokens_before_cannot_be_learned_from) {
  Transcript transcript;
  transcript.turns.push_back(turn_of(trace({1, 2}, {{.id = 3}})));
  transcript.turns.push_back(turn_of(trace({1, 2, 8, 4}, {{.id = 7}})));
  EXPECT_FALSE(trajectory_of(transcript));
  transcript.turns[1] = turn_of(trace({1, 2}, {{.id = 7}}));
  EXPECT_FALSE(trajectory_of(transcript)) << "shorter";
  transcript.turns[1] = turn_of(trace({1, 2, 3, 4}, {{.id = 7}}, "v2"));
  EXPECT_FALSE(trajectory_of(transcript)) << "of other weights";
}

TEST(Trajectory, a_decision_without_tokens_ends_it) {
  Transcript transcript;
  EXPECT_FALSE(trajectory_of(transcript));
  transcript.turns.push_back(turn_of(trace({1, 2}, {{.id = 3}})));
  transcript.turns.push_back(Turn{});
  ASSERT_TRUE(trajectory_of(transcript));
  EXPECT_EQ(trajectory_of(transcript)->sequence.tokens.size(), 3U);
  transcript.turns.erase(transcript.turns.begin());
  EXPECT_FALSE(trajectory_of(transcript));
}

// The property that training rests on: what is recorded of a choice is what the model gave it.
TEST(Trajectory, log_probs_are_those_of_the_model_over_what_was_allowed) {
  ToyRollouts toy;
  toy.base.request.tool_choice = RawJson{"\"required\""};  // names are narrow choices, texts are not
  ToyRouter router(11);
  lm::ToyModelOptions same{
      .vocab = static_cast<int>(policy_lm::toy_tokenizer()->size()), .max_positions = policy_lm::kToyContext, .seed = 11};
  same.bias = {{policy_lm::toy_tokenizer()->end(), 9.0F}, {'<', 4.0F}, {'"', 9.0F}, {'}', 9.0F}};
  const lm::ToyModel model(same);
  const auto groups =
      toy.run({{.sample = 1, .rollouts = 6, .seed = 5}}, toy.parts(local_policies(router.model, 1), router.generator.get()));
  std::size_t narrow = 0;
  for (const Rollout& rollout : groups.at(0).rollouts) {
    const Trajectory& trajectory = rollout.trajectory;
    for (std::size_t i = 0; i < trajectory.sequence.choices.size(); ++i) {
      const learner::Choice& choice = trajectory.sequence.choices[i];
      if (choice.among.empty() && i % 7 != 0) continue;  // most are bytes of texts
      const auto row = model.logits_after(std::span(trajectory.sequence.tokens).first(static_cast<std::size_t>(choice.at)));
      double sum = 0;
      if (choice.among.empty())
        for (const float logit : row) sum += std::exp(static_cast<double>(logit));
      for (const learner::TokenId id : choice.among) sum += std::exp(static_cast<double>(row[static_cast<std::size_t>(id)]));
      const auto chosen = static_cast<std::size_t>(trajectory.sequence.tokens[static_cast<std::size_t>(choice.at)]);
      EXPECT_NEAR(trajectory.logprobs[i], static_cast<double>(row[chosen]) - std::log(sum), 1e-4);
      narrow += choice.among.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(narrow, 0U);
}

}  // namespace
}  // namespace xrouter::rollout
