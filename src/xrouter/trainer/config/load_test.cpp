#include "xrouter/trainer/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace xrouter::trainer {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSmall = "model: {folder: m}\ndata: {train: t}\nstages: [{kind: dapo}]\n";

std::string refusal(const std::string& yaml, const std::vector<std::string>& settings = {}) {
  const auto config = parse_train_config(yaml, "train.yaml", settings);
  return config ? std::string() : config.error().public_text;
}

TEST(TrainConfig, needs_no_more_than_a_model_samples_and_stages) {
  const auto config = parse_train_config(kSmall, "train.yaml");
  ASSERT_TRUE(config) << config.error().describe();
  ASSERT_EQ(config->stages.size(), 1U);
  EXPECT_EQ(config->stages[0].name, "dapo");
  EXPECT_EQ(config->rollout.group_size, 8);
  EXPECT_EQ(config->loss.clip_high, 0.28);
}

TEST(TrainConfig, says_what_is_wrong_and_where) {
  const std::string small(kSmall);
  EXPECT_THAT(refusal(small + "rollout: {group_siz: 4}\n"), HasSubstr("train.yaml:4:11: rollout.group_siz: unknown key; did you mean 'group_size'?"));
  EXPECT_THAT(refusal(small + "rollout: {temperature: warm}\n"), HasSubstr("rollout.temperature: must be a number from 0 to 2"));
  EXPECT_THAT(refusal(small + "reward: {penalty_cap: 1.5}\n"), HasSubstr("train.yaml:4:"));
  EXPECT_THAT(refusal(small + "loss: {objective: magic}\n"), HasSubstr("loss.objective: must be one of"));
  EXPECT_THAT(refusal(small + "rollout: {group_size: 1}\n"), HasSubstr("a rollout is compared with its siblings"));
  EXPECT_THAT(refusal(small + "cost_weight: {min: 5, max: 1}\n"), HasSubstr("cost_weight.min: is above cost_weight.max"));
  EXPECT_THAT(refusal(small + "rollout: {input_price: \"0.02\"}\n"), HasSubstr("set both input_price and output_price"));
  EXPECT_THAT(refusal("model: {folder: m}\nstages: [{kind: dapo}]\n"), HasSubstr("data.train: is missing"));
  EXPECT_THAT(refusal("data: {train: t}\nstages: [{kind: dapo}]\n"), HasSubstr("model.folder: is missing"));
  EXPECT_THAT(refusal("model: {folder: m}\ndata: {train: t}\n"), HasSubstr("stages: must be a list"));
  EXPECT_THAT(refusal("model: {folder: m}\ndata: {train: t}\nstages: [{steps: 3}]\n"), HasSubstr("stages[0].kind: is missing"));
  EXPECT_THAT(refusal("model: {folder: m}\ndata: {train: t}\nstages: [{kind: dapo}, {kind: dapo}]\n"), HasSubstr("is the name of another stage"));
  EXPECT_THAT(refusal("model: {folder: m, fresh: true}\nlora: {enabled: true}\ndata: {train: t}\nstages: [{kind: dapo}]\n"), HasSubstr("lora.enabled"));
}

TEST(TrainConfig, refuses_what_makes_no_sense_together) {
  const std::string small(kSmall);
  EXPECT_THAT(refusal(small + "reward: {gate: budget}\n"), HasSubstr("split advantages know the gate success alone"));
  EXPECT_TRUE(parse_train_config(small + "reward: {gate: budget}\nadvantage: {estimator: rloo}\n", "train.yaml"));
  EXPECT_THAT(refusal(small + "rollout: {temperature: 0.5}\n"), HasSubstr("rollout.temperature: must be 1 for dapo"));
  EXPECT_THAT(refusal("model: {folder: m, fresh: true}\ndata: {train: t}\nstages: [{kind: dapo}]\nloss: {kl_weight: 0.1}\n"), HasSubstr("loss.kl_weight"));
  EXPECT_THAT(refusal(small + "reward: {norm: percentile}\n"), HasSubstr("validation.best_by"));
  EXPECT_THAT(refusal(small, {"data.text_rankings=0.9"}), HasSubstr("data.text_rankings: must be at most 1 together with data.text_verdicts"));
  EXPECT_TRUE(parse_train_config(small, "train.yaml", {"data.text_rankings=0.9", "data.text_verdicts=0.1"}));
  EXPECT_THAT(refusal(small + "checkpoint: {every: 1}\n"), HasSubstr("a roll-back would land inside the collapse"));
}

TEST(TrainConfig, shows_every_slip_at_once) {
  const std::string text = refusal(std::string(kSmall) + "rollout: {group_siz: 4}\nloss: {clip_low: -1}\n");
  EXPECT_THAT(text, HasSubstr("group_siz"));
  EXPECT_THAT(text, HasSubstr("clip_low"));
}

TEST(TrainConfig, the_command_line_wins_over_the_file) {
  const auto config = parse_train_config(kSmall, "train.yaml", {"rollout.group_size=4", "stages.dapo.steps=7", "validation.cost_weights=[0, 2]"});
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ(config->rollout.group_size, 4);
  EXPECT_EQ(config->stages[0].steps, 7);
  EXPECT_EQ(config->validation.cost_weights, (std::vector<double>{0, 2}));
  EXPECT_THAT(refusal(std::string(kSmall), {"stages.warm.steps=7"}), HasSubstr("there is no stage 'warm'"));
  EXPECT_THAT(refusal(std::string(kSmall), {"rollout.size=7"}), HasSubstr("unknown setting"));
}

TEST(TrainConfig, one_failure_cost_serves_reward_and_advantages) {
  const auto config = parse_train_config(std::string(kSmall) + "reward: {failure_cost: 0.125}\n", "train.yaml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->advantage.failure_cost, 0.125);
}

TEST(TrainConfig, its_settings_say_everything_that_a_run_depends_on) {
  const auto config = parse_train_config(kSmall, "train.yaml");
  ASSERT_TRUE(config);
  const std::vector<Setting> settings = settings_of(*config);
  const auto find = [&](const std::string& name) {
    for (const Setting& setting : settings)
      if (setting.name == name) return setting;
    return Setting{};
  };
  EXPECT_EQ(find("rollout.group_size").value, "8");
  EXPECT_FALSE(find("rollout.group_size").may_change);
  EXPECT_TRUE(find("checkpoint.every").may_change);
  EXPECT_TRUE(find("stages.dapo.steps").may_change);
  EXPECT_EQ(find("stages.dapo.kind").value, "dapo");
}

TEST(TrainConfig, the_written_reference_is_that_of_the_program) {
  std::ifstream file(XROUTER_SOURCE_DIR "/docs/training-configuration.md");
  std::stringstream written;
  written << file.rdbuf();
  EXPECT_TRUE(written.str() == train_documentation()) << "run: xrouter train docs > docs/training-configuration.md";
}

}  // namespace
}  // namespace xrouter::trainer
