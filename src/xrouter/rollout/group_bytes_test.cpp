#include "xrouter/rollout/group_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter::rollout {
namespace {

using ::testing::HasSubstr;

Rollout random_rollout(Rng& rng, int index) {
  Rollout out;
  out.sample = "toy/" + std::to_string(rng.below(10));
  out.index = index;
  Trajectory& trajectory = out.trajectory;
  const auto tokens = 5 + rng.below(60);
  for (std::uint64_t i = 0; i < tokens; ++i) trajectory.sequence.tokens.push_back(static_cast<int>(i < 5 ? i : rng.below(50'000)));
  for (int at = 1; at < static_cast<int>(tokens); at += 1 + static_cast<int>(rng.below(4))) {
    learner::Choice choice{.at = at};
    const int chosen = trajectory.sequence.tokens[static_cast<std::size_t>(at)];
    if (rng.chance(0.5)) choice.among = {chosen, chosen + 1, chosen + 70'000};
    trajectory.sequence.choices.push_back(choice);
    trajectory.logprobs.push_back(static_cast<float>(-rng.uniform()));
    trajectory.turns.push_back(1);
  }
  trajectory.prompt_tokens = 4;
  trajectory.router_tokens = static_cast<int>(tokens) - 4;
  trajectory.policy_version = "v7";
  out.verdict = static_cast<Verdict>(rng.below(3));
  out.score = rng.uniform();
  out.cost_weight = rng.uniform() * 4;
  out.router_cost = Usd::from_pico(static_cast<std::int64_t>(rng.below(1'000'000)));
  out.target_cost = Usd::from_pico(-static_cast<std::int64_t>(rng.below(1'000'000'000'000)));
  out.wasted_cost = Usd::max();
  out.cost_known = rng.chance(0.5);
  if (rng.chance(0.5)) out.reference_cost = Usd::from_pico(77);
  out.seconds = 1.25;
  out.source = static_cast<AnswerSource>(rng.below(5));
  out.final_call = rng.chance(0.5);
  out.stop = static_cast<StopReason>(rng.below(7));
  out.cut_off = rng.chance(0.5);
  out.turns = 2;
  out.calls = {"cheap", "strong"};
  out.refused_calls = 1;
  out.failed_calls = 2;
  out.first_action = "cheap";
  out.answer = "4\xc3\xa4";
  return out;
}

std::vector<Group> random_groups(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Group> groups(1 + rng.below(4));
  for (Group& group : groups) {
    group.sample = rng.below(1'000'000);
    group.drawn_at = rng.next();
    for (int i = 0; i < static_cast<int>(rng.below(5)); ++i) group.rollouts.push_back(random_rollout(rng, i));
  }
  return groups;
}

TEST(GroupBytes, what_was_written_is_read) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::vector<Group> groups = random_groups(seed);
    const auto read = decode_groups(encode_groups(groups));
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(*read, groups);
  }
}

TEST(GroupBytes, what_rollouts_share_is_written_once) {
  Rng rng(1);
  Group group;
  group.rollouts.assign(8, random_rollout(rng, 0));
  const std::vector<Group> eight{group};
  const std::size_t tokens = group.rollouts[0].trajectory.sequence.tokens.size();
  std::vector<Group> fresh = eight;
  for (std::size_t i = 0; i < 8; ++i) fresh[0].rollouts[i].trajectory.sequence.tokens[0] = static_cast<int>(i);
  EXPECT_GT(encode_groups(fresh).size(), encode_groups(eight).size() + 6 * tokens);
}

TEST(GroupBytes, every_cut_is_an_error) {
  const std::string bytes = encode_groups(random_groups(3));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_groups(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_groups(bytes + "x"));
}

// Whatever is read has kept the promises of its types: who computes with it need not look again.
void expect_sound(const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    for (const Rollout& rollout : group.rollouts) {
      const Trajectory& trajectory = rollout.trajectory;
      ASSERT_EQ(trajectory.logprobs.size(), trajectory.sequence.choices.size());
      ASSERT_EQ(trajectory.turns.size(), trajectory.sequence.choices.size());
      int last = 0;
      for (const learner::Choice& choice : trajectory.sequence.choices) {
        ASSERT_GT(choice.at, last);
        last = choice.at;
        ASSERT_LT(static_cast<std::size_t>(choice.at), trajectory.sequence.tokens.size());
        ASSERT_TRUE(std::is_sorted(choice.among.begin(), choice.among.end()));
        const int chosen = trajectory.sequence.tokens[static_cast<std::size_t>(choice.at)];
        ASSERT_TRUE(choice.among.empty() || std::binary_search(choice.among.begin(), choice.among.end(), chosen));
      }
    }
  }
}

TEST(GroupBytes, hostile_bytes_are_refused_or_read_as_something_sound) {
  Rng rng(9);
  int refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = encode_groups(random_groups(static_cast<std::uint64_t>(round) % 20));
    for (std::uint64_t i = 0; i <= rng.below(4); ++i) bytes[17 + rng.below(bytes.size() - 17)] = static_cast<char>(rng.below(256));
    const auto read = decode_groups(bytes);
    if (read)
      expect_sound(*read);
    else
      ++refused;
  }
  EXPECT_GT(refused, 1'000);
}

TEST(GroupBytes, limits_hold) {
  const std::string bytes = encode_groups(random_groups(3));
  EXPECT_FALSE(decode_groups(bytes, {.max_bytes = bytes.size() - 1}));
  EXPECT_FALSE(decode_groups(bytes, {.max_groups = 0}));
  EXPECT_FALSE(decode_groups(bytes, {.max_rollouts = 1}));
  const auto few = decode_groups(bytes, {.max_tokens = 20});
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().public_text, HasSubstr("token"));
}

TEST(GroupBytes, another_version_is_named) {
  const auto read = decode_groups("xrouter groups 2\n");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().public_text, HasSubstr("version"));
}

}  // namespace
}  // namespace xrouter::rollout
