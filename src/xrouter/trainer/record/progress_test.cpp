#include "xrouter/trainer/record/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "xrouter/trainer/record/validation.hpp"

namespace xrouter::trainer {
namespace {

TrainingPosition at(std::int64_t step, std::int64_t steps = 400) {
  return {.stage = "dapo",
          .stage_number = 3,
          .stages = 3,
          .stage_step = step,
          .stage_steps = steps,
          .step = 1000 + step,
          .steps = 1000 + steps};
}

StepMetrics full_step(std::int64_t step) {
  StepMetrics metrics("dapo", step);
  metrics.set("reward/total", 0.412).set("reward/success", 0.6).set("reward/cost", -0.188).set("reward/failure", 0);
  metrics.set("success/rate", 0.612).set("cost/ratio", 0.431).set("cost/spent_usd", 1.5);
  for (const char* model : {"a", "b", "c", "d", "e", "f"}) metrics.set("call_share", model, model[0] == 'd' ? 0.5 : 0.1);
  metrics.set("policy/entropy", 0.82).set("policy/kl", 0.012).set("policy/clip_high", 0.004).set("policy/clip_low", 0.001);
  metrics.set("groups/used", 32).set("groups/drawn", 40).set("speed/rollout_tokens_per_second", 18'234);
  return metrics;
}

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST(Sparkline, spans_from_the_least_to_the_largest_value) {
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline({0, 0, 7, 7}, 2), "▁█") << "columns are means";
  EXPECT_EQ(sparkline({3, 3}, 8), "▄▄") << "no spread";
  EXPECT_EQ(sparkline({}, 8), "");
}

TEST(Progress, the_block_says_where_the_run_is_and_how_it_goes) {
  ProgressHistory history;
  history.add(at(120), full_step(120), 12.5);
  const auto lines = render_block(history, {.phase = "rollout", .done = 16, .total = 32}, 1870, 200);
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[0], "dapo        ███████░░░░░░░░░░░░░░░░░ 120/400  30 %   12.5 s/step   0:58:20 left   0:31:10 gone   stage 3 of 3");
  EXPECT_EQ(lines[1], "now         ████████████░░░░░░░░░░░░ 16/32  rollout");
  EXPECT_EQ(lines[2], "reward      0.412 ▄   success 0.600   cost -0.188");
  EXPECT_EQ(lines[3], "right       61.2 % ▄   cost 0.431 of the reference ▄   1.50 USD");
  EXPECT_EQ(lines[4], "calls       d 50 %   a 10 %   b 10 %   c 10 %   2 others 20 %");
  EXPECT_EQ(lines[5], "policy      entropy 0.820 ▄   KL 0.012   clipped 0.4 % up, 0.1 % down");
  EXPECT_EQ(lines[6], "groups      32 used of 40 drawn");
  EXPECT_EQ(lines[7], "speed       18.2k tokens/s rollout");
}

TEST(Progress, no_line_is_wider_than_the_terminal) {
  ProgressHistory history;
  for (std::int64_t step = 1; step <= 300; ++step) {
    StepMetrics metrics = full_step(step);
    metrics.set("loss/nll", 1.0 / static_cast<double>(step));
    set_validation(metrics, {{.cost_weight = 0.5, .accuracy = 0.8}, {.cost_weight = 1, .accuracy = 0.7}}, 0.5);
    history.add(at(step), metrics, 1);
  }
  for (const std::size_t width : {1U, 20U, 59U, 80U}) {
    const auto lines = render_block(history, {}, 1, width);
    EXPECT_LE(lines.size(), kBlockLines);
    for (const std::string& line : lines) EXPECT_LE(columns(line), width) << line;
  }
  EXPECT_LE(history.recent().size(), 240U) << "memory is bounded";
}

TEST(Progress, before_the_first_step_there_is_a_bar_and_nothing_made_up) {
  const auto lines = render_block({}, {.phase = "loading"}, 3, 80);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "now         loading");
}

TEST(Progress, a_new_stage_forgets_the_pace_and_curves_of_the_last) {
  ProgressHistory history;
  history.add({.stage = "language", .stage_number = 1, .stages = 2, .stage_step = 9, .stage_steps = 10},
              StepMetrics("language", 9).set("loss/nll", 2), 100);
  history.add({.stage = "dapo", .stage_number = 2, .stages = 2, .stage_step = 1, .stage_steps = 11}, full_step(10), 2);
  EXPECT_EQ(history.recent().size(), 1U);
  EXPECT_EQ(history.stage_seconds_left(), 20);
}

TEST(Progress, a_log_line_holds_the_same_in_short) {
  ProgressHistory history;
  StepMetrics metrics = full_step(120);
  set_validation(metrics, {{.cost_weight = 0.5, .accuracy = 0.842, .cost_ratio = 0.42}}, 0.71);
  history.add(at(120), metrics, 12.5);
  EXPECT_EQ(render_line(history, 1870),
            "dapo 120/400  reward 0.412  right 61.2 %  cost 0.431  entropy 0.820  12.5 s/step  0:58:20 left  0:31:10 gone  | validated "
            "0.7100  0.5: 84.2 % for 0.42");
}

TEST(TrainingDisplay, writes_a_line_at_most_every_ten_seconds_where_nobody_watches) {
  struct SetClock final : Clock {
    TimePoint now() const override { return at; }
    WallTime wall_now() const override { return {}; }
    TimePoint at{};
  } clock;
  std::FILE* out = ::tmpfile();
  {
    TrainingDisplay display(out, clock);
    for (std::int64_t step = 1; step <= 25; ++step) {
      clock.at += std::chrono::seconds(1);
      display.activity("rollout", 1, 2);
      display.step_done(at(step), full_step(step));
    }
    display.say("a checkpoint");
  }
  std::string written(static_cast<std::size_t>(std::ftell(out)), '\0');
  std::rewind(out);
  ASSERT_EQ(std::fread(written.data(), 1, written.size(), out), written.size());
  std::fclose(out);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 4) << written;
  EXPECT_EQ(written.find('\x1b'), std::string::npos);
  EXPECT_TRUE(written.starts_with("dapo 1/400")) << written;
}

}  // namespace
}  // namespace xrouter::trainer
