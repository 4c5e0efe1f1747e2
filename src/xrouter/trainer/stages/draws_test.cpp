#include "xrouter/trainer/stages/draws.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace xrouter::trainer {
namespace {

TEST(CostWeights, of_one_sample_are_different_and_over_samples_each_as_frequent) {
  TrainConfig config;
  config.cost_weight = {.draw = WeightDraw::list, .values = {0, 0.5, 1, 2, 4, 8}, .per_sample = 3};
  std::map<double, int> drawn;
  for (std::int64_t sample = 0; sample < 600; ++sample) {
    std::set<double> of_sample;
    for (std::int64_t turn = 0; turn < 3; ++turn) of_sample.insert(draw_cost_weight(config, "dapo", sample * 3 + turn));
    EXPECT_EQ(of_sample.size(), 3U);
    EXPECT_GE(*of_sample.rbegin(), 4) << "spread over the whole list";
    for (const double weight : of_sample) ++drawn[weight];
  }
  ASSERT_EQ(drawn.size(), 6U);
  for (const auto& [weight, times] : drawn) EXPECT_NEAR(times, 300, 60) << weight;
}

TEST(CostWeights, of_a_range_lie_in_stretches_of_their_own) {
  TrainConfig config;
  config.cost_weight = {.draw = WeightDraw::uniform, .min = 1, .max = 5, .zero_share = 0, .per_sample = 4};
  for (std::int64_t number = 0; number < 400; ++number) {
    const double weight = draw_cost_weight(config, "dapo", number);
    EXPECT_GE(weight, 1 + static_cast<double>(number % 4) - 0.005);
    EXPECT_LE(weight, 2 + static_cast<double>(number % 4) + 0.005);
  }
}

TEST(CostWeights, depend_on_the_seed_the_stage_and_the_number_alone) {
  TrainConfig config;
  EXPECT_EQ(draw_cost_weight(config, "dapo", 7), draw_cost_weight(config, "dapo", 7));
  EXPECT_NE(draw_cost_weight(config, "dapo", 7), draw_cost_weight(config, "other", 7));
  config.seed = 2;
  EXPECT_NE(draw_cost_weight(config, "dapo", 7), draw_cost_weight(TrainConfig(), "dapo", 7));
}

TEST(Steps, of_an_epoch_take_every_sample_so_often) {
  const StageConfig stage{.steps = 0, .epochs = 2, .batch = 32};
  EXPECT_EQ(steps_of(stage, 160), 10);
  EXPECT_EQ(steps_of(stage, 160, 4), 40);
}

}  // namespace
}  // namespace xrouter::trainer
