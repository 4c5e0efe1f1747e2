// The learning rate and the alarms over a run.
#include <gtest/gtest.h>

#include <limits>

#include "xrouter/base/rng.hpp"
#include "xrouter/rl/alarms.hpp"
#include "xrouter/rl/schedule.hpp"

namespace xrouter::rl {
namespace {

TEST(Schedule, rises_linearly_and_the_first_step_already_learns) {
  const ScheduleOptions options{.peak = 1, .warm_up_steps = 3};
  EXPECT_DOUBLE_EQ(learning_rate(options, 0, 100), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(options, 2, 100), 0.75);
  EXPECT_DOUBLE_EQ(learning_rate(options, 3, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 99, 100), 1);
}

TEST(Schedule, falls_to_its_last_share_at_the_last_step) {
  for (const Decay decay : {Decay::linear, Decay::cosine}) {
    const ScheduleOptions options{.peak = 2, .warm_up_steps = 10, .decay = decay, .final_share = 0.1};
    EXPECT_DOUBLE_EQ(learning_rate(options, 10, 111), 2);
    EXPECT_DOUBLE_EQ(learning_rate(options, 60, 111), 1.1) << "half-way both have lost half";
    EXPECT_DOUBLE_EQ(learning_rate(options, 110, 111), 0.2);
    EXPECT_DOUBLE_EQ(learning_rate(options, 5000, 111), 0.2);
    for (int step = 11; step < 111; ++step) EXPECT_LT(learning_rate(options, step, 111), learning_rate(options, step - 1, 111));
  }
}

TEST(Schedule, of_one_step_is_its_peak) {
  EXPECT_DOUBLE_EQ(learning_rate({.peak = 3, .warm_up_steps = 0, .decay = Decay::cosine}, 0, 1), 3);
}

StepSigns healthy() {
  return {.loss = 0.1,
          .grad_norm = 1,
          .entropy = 0.6,
          .top_model_share = 0.4,
          .call_share = 0.9,
          .router_tokens = 20,
          .reward = 0.5,
          .mismatch_kl = 1e-5};
}

Alarms after_calm(const AlarmOptions& options = {}) {
  Alarms alarms(options);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(alarms.observe(healthy()).level, AlarmLevel::none);
  return alarms;
}

TEST(Alarms, warn_first_and_roll_back_when_it_lasts) {
  Alarms alarms = after_calm();
  StepSigns dying = healthy();
  dying.entropy = 0.001;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(alarms.observe(dying).level, AlarmLevel::warn);
  const Alarm alarm = alarms.observe(dying);
  EXPECT_EQ(alarm.level, AlarmLevel::roll_back);
  EXPECT_EQ(alarm.reasons, std::vector<std::string>{"entropy 0.001 is below 0.02 (5 steps)"});
}

TEST(Alarms, each_sign_is_watched) {
  const auto raises = [](auto change) {
    Alarms alarms = after_calm({.max_call_share = 0.95});
    StepSigns signs = healthy();
    change(signs);
    Alarm last;
    for (int i = 0; i < 30 && last.level != AlarmLevel::roll_back; ++i) last = alarms.observe(signs);
    return last.level == AlarmLevel::roll_back;
  };
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.top_model_share = 1; }));
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.call_share = 0; }));
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.call_share = 1; }));
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.router_tokens = 100; }));
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.reward = 0.1; }));
  EXPECT_TRUE(raises([](StepSigns& signs) { signs.mismatch_kl = 0.5; }));
  EXPECT_FALSE(raises([](StepSigns& signs) { signs.reward = 0.45; }));
}

TEST(Alarms, a_single_bad_step_now_and_then_rolls_back_nothing) {
  Alarms alarms = after_calm();
  StepSigns bad = healthy();
  bad.call_share = 0;
  for (int i = 0; i < 200; ++i) EXPECT_LE(alarms.observe(i % 5 == 0 ? bad : healthy()).level, AlarmLevel::warn);
}

TEST(Alarms, a_sign_that_flickers_is_still_a_sign) {
  Alarms alarms = after_calm();
  StepSigns bad = healthy();
  bad.call_share = 0;
  bool rolled_back = false;
  for (int i = 0; i < 20; ++i) rolled_back |= alarms.observe(i % 2 == 0 ? bad : healthy()).level == AlarmLevel::roll_back;
  EXPECT_TRUE(rolled_back);
}

TEST(Alarms, what_is_not_finite_rolls_back_at_once_even_in_the_calm) {
  Alarms alarms({});
  StepSigns broken = healthy();
  broken.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(alarms.observe(broken).level, AlarmLevel::roll_back);
  EXPECT_EQ(alarms.observe(healthy()).level, AlarmLevel::none) << "and leaves no trace in the running means";
}

TEST(Alarms, after_a_roll_back_are_calm_again) {
  Alarms alarms = after_calm();
  StepSigns bad = healthy();
  bad.entropy = 0;
  for (int i = 0; i < 5; ++i) alarms.observe(bad);
  alarms.reset();
  EXPECT_EQ(alarms.observe(bad).level, AlarmLevel::none);
}

TEST(Alarms, go_on_from_a_checkpoint_alike) {
  Rng rng(8);
  Alarms alarms({});
  for (int i = 0; i < 300; ++i) {
    StepSigns signs = healthy();
    signs.reward = rng.uniform();
    signs.router_tokens = 10 + rng.uniform() * 80;
    signs.entropy = rng.uniform() * 0.05;
    Alarms restored({});
    ASSERT_TRUE(restored.restore(alarms.to_json()));
    const Alarm ours = alarms.observe(signs), theirs = restored.observe(signs);
    EXPECT_EQ(ours.level, theirs.level);
    EXPECT_EQ(ours.reasons, theirs.reasons);
    EXPECT_EQ(alarms.to_json(), restored.to_json());
  }
  EXPECT_FALSE(alarms.restore("{}"));
  EXPECT_FALSE(alarms.restore(R"({"steps":1,"mean_length":0,"mean_reward":0,"signs":[]})"));
}

}  // namespace
}  // namespace xrouter::rl
