#include "xrouter/trainer/record/curves.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "xrouter/json/parse.hpp"
#include "xrouter/trainer/record/append_file.hpp"
#include "xrouter/trainer/record/line_chart.hpp"
#include "xrouter/trainer/record/run_folder.hpp"

namespace xrouter::trainer {
namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

std::vector<StepMetrics> some_steps(int steps) {
  std::vector<StepMetrics> out;
  for (int step = 1; step <= steps; ++step) {
    StepMetrics& metrics = out.emplace_back(step <= steps / 2 ? "warm_start" : "dapo", step);
    metrics.set("success/rate", 0.5 + 0.001 * step)
        .set("call_share", "cheap", 0.25)
        .set("call_share", "strong", 0.75)
        .set("reward/latency", 0);
    if (step == 1 || step == steps)
      set_validation(metrics,
                     {{.cost_weight = 0.5, .accuracy = 0.6 + 0.001 * step, .usd_per_1000 = 1},
                      {.cost_weight = 2, .accuracy = 0.5, .usd_per_1000 = 0.2}},
                     step);
  }
  return out;
}

TEST(LineChart, draws_a_point_for_every_line_and_nothing_without_points) {
  EXPECT_EQ(draw({.title = "empty", .lines = {{.name = "none", .points = {}}}}, {}), "");
  const std::string svg = draw({.title = "two", .lines = {{"a", {{1, 0.5}, {2, 0.7}}}, {"b", {{2, 0.1}}}}}, {});
  EXPECT_EQ(count(svg, "class=\"curve c0\" data-series=\"0\""), 1U);
  EXPECT_EQ(count(svg, "<circle"), 1U) << "a line of one point is a dot";
  EXPECT_EQ(count(svg, "nan"), 0U);
}

TEST(LineChart, a_constant_line_has_a_frame_of_some_height) {
  for (const double value : {0.0, 1.0, -3.0, 1e-9}) {
    const std::string svg = draw({.title = "flat", .lines = {{"a", {{1, value}, {2, value}}}}}, {});
    EXPECT_EQ(count(svg, "nan") + count(svg, "inf"), 0U) << value;
  }
}

TEST(LineChart, many_lines_are_summed_up_in_a_stack) {
  LineChart chart{.title = "models", .unit = ChartUnit::share, .stacked = true};
  for (int i = 0; i < 15; ++i) chart.lines.push_back({"model " + std::to_string(i), {{1, 0.01 * i}, {2, 0.01 * i}}});
  const std::string svg = draw(chart, {});
  EXPECT_EQ(count(svg, "class=\"area"), 11U);
  EXPECT_EQ(count(svg, "5 others"), 3U) << "in the legend and two tips";
  chart.stacked = false;
  EXPECT_EQ(count(draw(chart, {}), "5 more with smaller values are not drawn."), 1U);
}

TEST(LineChart, long_runs_stay_small) {
  LineChart chart{.title = "long", .lines = {{.name = "a", .points = {}}}};
  for (int i = 0; i < 100'000; ++i) chart.lines[0].points.push_back({static_cast<double>(i), static_cast<double>(i % 7)});
  EXPECT_LT(draw(chart, {}).size(), 30'000U);
}

TEST(LineChart, writes_values_in_their_unit) {
  EXPECT_EQ(value_text(0.8423, ChartUnit::share), "84.2 %");
  EXPECT_EQ(value_text(0.35, ChartUnit::usd), "$0.35");
  EXPECT_EQ(value_text(1.2e9, ChartUnit::bytes), "1.2 GB");
  EXPECT_EQ(value_text(18'234, ChartUnit::number), "18.2k");
}

TEST(Curves, show_what_was_measured_and_leave_out_what_was_not) {
  const std::string page = render_curves({.title = "run",
                                          .steps = some_steps(60),
                                          .baselines = {{"cheap", true, 0.4, 0.1}, {"strong", true, 0.8, 3}},
                                          .facts = {{"seed", "7"}}});
  EXPECT_EQ(count(page, "Which models are called</b>"), 1U);
  EXPECT_EQ(count(page, "step 60, best and last"), count(page, "step 60, best"));
  EXPECT_GT(count(page, "step 1, first"), 0U);
  EXPECT_EQ(count(page, "Reward and its parts"), 0U) << "only zeros";
  EXPECT_EQ(count(page, "Gradient norm"), 0U);
  EXPECT_EQ(count(page, "60 steps: warm_start (1 to 30), dapo (31 to 60)"), 1U);
}

TEST(Curves, names_from_outside_cannot_become_markup) {
  auto steps = some_steps(4);
  steps[2].set("call_share", "<script>alert(1)</script>", 0.5);
  const std::string page = render_curves(
      {.title = "<b>run", .steps = steps, .baselines = {{"<i>", true, 0.4, 0.1}}, .facts = {{"<u>", "\"><img src=x>"}}, .notes = {"<s>"}});
  for (const char* markup : {"<script>alert", "<b>run", "<i>\"", "<u>", "<img", "<s>"}) EXPECT_EQ(count(page, markup), 0U) << markup;
}

TEST(Curves, a_run_without_steps_is_a_page_too) {
  const std::string page = render_curves({.title = "just begun"});
  EXPECT_EQ(count(page, "Nothing was validated yet."), 1U);
}

TEST(WriteReport, reads_a_folder_whose_run_goes_on) {
  const auto path = std::filesystem::temp_directory_path() / ("xrouter-report-" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  EXPECT_EQ(write_report(path).error().kind, ErrorKind::config);
  {
    auto folder = RunFolder::open(path, {.text = "seed: 7\n", .settings = {{"seed", "7"}}}, RunMode::fresh);
    ASSERT_TRUE(folder);
    for (const StepMetrics& step : some_steps(10)) ASSERT_TRUE((*folder)->append(step));
    ASSERT_TRUE((*folder)->note("began <here>"));
    auto written = write_report(path);
    ASSERT_TRUE(written) << written.error().describe();
    const std::string page = *read_text(*written, 1 << 24);
    EXPECT_EQ(count(page, "<dt>seed</dt><dd>7</dd>"), 1U);
    EXPECT_EQ(count(page, "began &lt;here&gt;"), 1U);
  }
  std::filesystem::remove_all(path);
}

TEST(TrainingRecord, holds_command_settings_result_and_curves_of_a_run) {
  const auto path = std::filesystem::temp_directory_path() / ("xrouter-training-record-" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  {
    auto folder = RunFolder::open(path, {.text = "seed: 7\n", .settings = {{"seed", "7"}}}, RunMode::fresh);
    ASSERT_TRUE(folder);
    ASSERT_TRUE((*folder)->begin_session({.data = {{.name = "samples", .hash = "fnv1a64:12"}}, .seeds = {{"run", 7}}},
                                         {.command = "xrouter train -c a.yaml"}));
    for (const StepMetrics& step : some_steps(200)) ASSERT_TRUE((*folder)->append(step));
    ASSERT_TRUE((*folder)->save_checkpoint(200, "", 0.5, [](const auto&) -> Result<void> { return {}; }));
    auto text = training_record(path, 200);
    ASSERT_TRUE(text) << text.error().describe();
    auto value = json::parse(*text);
    ASSERT_TRUE(value);
    const auto& record = value->get_object();
    EXPECT_EQ(record.at("run").at("sessions").at(0).at("command").get_string(), "xrouter train -c a.yaml");
    EXPECT_EQ(record.at("run").at("sessions").at(0).at("to_step").to_number<int>(), 200);
    EXPECT_EQ(record.at("settings").at("seed").get_string(), "7");
    EXPECT_EQ(record.at("validation").get_array().size(), 2U);
    EXPECT_NEAR(record.at("validation").at(0).at("accuracy").to_number<double>(), 0.8, 1e-9);
    const auto& curves = record.at("curves").get_object();
    EXPECT_EQ(curves.at("steps").get_array().size(), 80U) << "forty points a stage";
    EXPECT_EQ(curves.at("success/rate").get_array().size(), 80U);
    EXPECT_TRUE(curves.at("validation/score").at(40).is_null());
    EXPECT_LT(text->size(), 20'000U);
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace xrouter::trainer
