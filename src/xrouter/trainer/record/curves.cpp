#include "xrouter/trainer/record/curves.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/page.hpp"
#include "xrouter/trainer/record/line_chart.hpp"
#include "xrouter/trainer/record/validation_plot.hpp"

namespace xrouter::trainer {
namespace {

using eval::report::html;

// What one chart shows; a metric that was never measured has no line, and a chart without lines is left out.
struct ChartPlan {
  const char* title;
  ChartUnit unit;
  std::vector<SingleMetric> singles;
  std::vector<MetricFamily> families = {};
  bool stacked = false;
  const char* note = "";
};

struct PartPlan {
  const char* id;
  const char* title;
  std::vector<ChartPlan> charts;
};

std::vector<PartPlan> page_plan() {
  using enum ChartUnit;
  return {
      {"learning",
       "Learning",
       {{"Reward and its parts",
         number,
         {"reward/total", "reward/success", "reward/cost", "reward/failure", "reward/latency", "reward/overlong"}},
        {"Loss of a learned token", number, {"loss/nll"}, {}, false, "Language modelling and warm start, in nats."},
        {"Right answers",
         share,
         {"success/rate"},
         {"success/cost_weight"},
         false,
         "Of sampled rollouts, by the cost weight they were told."},
        {"Cost against the reference", number, {"cost/ratio"}, {"cost/ratio"}},
        {"Right answers by source", share, {}, {"success/source"}},
        {"Right answers by difficulty", share, {}, {"success/stratum"}},
        {"Cost of 1,000 rollouts", usd, {"cost/total_usd_per_1000", "cost/router_usd_per_1000", "cost/wasted_usd_per_1000"}},
        {"Spent until now", usd, {"cost/spent_usd"}, {}, false, "Recorded answers included, at their prices."}}},
      {"behaviour",
       "Behaviour",
       {{"Which models are called", share, {}, {"call_share"}, true},
        {"Where answers come from", share, {}, {"answer"}, true},
        {"Calls and decisions of a query", number, {"calls/per_query", "calls/turns_per_query"}},
        {"Calls that came to nothing", share, {"calls/refused_rate", "calls/failed_rate", "answer/cut_off"}},
        {"Share of the most called model",
         share,
         {"calls/top_share", "calls/any_share"},
         {},
         false,
         "any_share: rollouts with at least one call."}}},
      {"validation",
       "Validation over the steps",
       {{"Score", number, {"validation/score"}},
        {"Accuracy by cost weight", share, {}, {"validation/accuracy"}},
        {"Cost against the reference by cost weight", number, {}, {"validation/cost_ratio"}},
        {"Accuracy above the static hull",
         share,
         {},
         {"validation/hull_margin"},
         false,
         "Above 0 the policy beats every mixture of single models of the same cost."}}},
      {"policy",
       "Policy and optimizer",
       {{"Entropy of a decision's token", number, {"policy/entropy"}, {}, false, "In nats; a fall to 0 is collapse."},
        {"KL to the reference model", number, {"policy/kl"}},
        {"Tokens clipped", share, {"policy/clip_high", "policy/clip_low", "policy/clip_dual"}},
        {"Largest ratio of new to old", number, {"policy/ratio_max", "policy/ratio_mean"}},
        {"Trainer against rollout: mismatch KL", number, {"policy/mismatch_kl"}},
        {"Gradient norm before clipping", number, {"optimizer/grad_norm"}},
        {"Learning rate", number, {"optimizer/learning_rate"}},
        {"Size of the advantages", number, {"advantage/success", "advantage/cost"}},
        {"Groups without a signal", share, {"groups/all_wrong", "groups/all_right", "groups/tied"}},
        {"Groups", number, {"groups/drawn", "groups/used", "groups/buffered"}}}},
      {"speed",
       "Speed",
       {{"Where the time goes", seconds, {}, {"seconds"}, true},
        {"Tokens a second", number, {"speed/rollout_tokens_per_second", "speed/update_tokens_per_second"}},
        {"What sharing beginnings saves", number, {"speed/shared"}, {}, false, "Tokens of all trajectories for each token computed."},
        {"Most memory", bytes, {"memory/peak_bytes"}}}},
  };
}

// Curves of one name over all steps, in the order of their first appearance.
class Lines {
 public:
  ChartLine& named(std::string_view name) {
    for (ChartLine& line : lines_)
      if (line.name == name) return line;
    return lines_.emplace_back(ChartLine{.name = std::string(name), .points = {}});
  }
  std::vector<ChartLine> take() { return std::move(lines_); }

 private:
  std::vector<ChartLine> lines_;
};

// "reward/success" among others of its group is "success".
std::string_view short_name(std::string_view metric) { return metric.substr(metric.find('/') + 1); }

LineChart chart_of(const ChartPlan& plan, const std::vector<StepMetrics>& steps) {
  Lines lines;
  for (const StepMetrics& step : steps) {
    const auto at = static_cast<double>(step.step());
    for (const SingleMetric& metric : plan.singles)
      if (const auto value = step.find(metric))
        lines.named(plan.families.empty() ? short_name(metric.name()) : "all").points.push_back({at, *value});
    for (const MetricFamily& family : plan.families)
      for (const auto& [member, value] : step.members(family)) lines.named(member).points.push_back({at, value});
  }
  LineChart chart{.title = plan.title, .note = plan.note, .unit = plan.unit, .stacked = plan.stacked, .lines = lines.take()};
  // What is 0 in every step was not in use.
  std::erase_if(chart.lines, [](const ChartLine& line) {
    return std::all_of(line.points.begin(), line.points.end(), [](const ChartPoint& point) { return point.value == 0; });
  });
  return chart;
}

std::vector<StageSpan> stages_of(const std::vector<StepMetrics>& steps) {
  std::vector<StageSpan> stages;
  for (const StepMetrics& step : steps) {
    if (stages.empty() || stages.back().name != step.stage())
      stages.push_back({.name = step.stage(), .from = step.step(), .to = step.step()});
    stages.back().to = step.step();
  }
  return stages;
}

std::string part(const PartPlan& plan, const std::vector<StepMetrics>& steps, const std::vector<StageSpan>& stages) {
  std::string charts;
  for (const ChartPlan& chart : plan.charts) charts += draw(chart_of(chart, steps), stages);
  if (charts.empty()) return {};
  return fmt::format("<section id=\"{}\"><h2>{}</h2><div class=\"charts\">{}</div></section>", plan.id, plan.title, charts);
}

std::string header(const RunStory& story, const std::vector<StageSpan>& stages) {
  std::string names;
  for (const StageSpan& stage : stages)
    names += fmt::format("{}{} ({} to {})", names.empty() ? "" : ", ", stage.name, stage.from, stage.to);
  std::size_t not_finite = 0;
  for (const StepMetrics& step : story.steps) not_finite += step.not_finite();
  std::string out = fmt::format("<header>{}<p class=\"muted\">{} steps{}{}</p>", eval::report::page_heading(story.title),
                                story.steps.size(), names.empty() ? "" : ": ", html(names));
  if (not_finite > 0)
    out += fmt::format("<p class=\"notice\">Values that were not finite and are left out of the curves: {}.</p>", not_finite);
  return out + "</header>";
}

std::string how_it_was_run(const RunStory& story) {
  std::string out = "<section id=\"run\"><h2>How it was run</h2><dl class=\"facts\">";
  for (const auto& [name, value] : story.facts) out += fmt::format("<dt>{}</dt><dd>{}</dd>", html(name), html(value));
  out += "</dl>";
  if (!story.notes.empty()) out += "<h3>What happened</h3><ul class=\"notes\">";
  for (const std::string& note : story.notes) out += "<li>" + html(note) + "</li>";
  return out + (story.notes.empty() ? "" : "</ul>") + "</section>";
}

}  // namespace

std::string render_curves(const RunStory& story) {
  const auto stages = stages_of(story.steps);
  std::string out = eval::report::page_begin(story.title, "overview", kChartStyle) + header(story, stages) + "<main>";
  out += "<section id=\"overview\"><h2>Accuracy against cost</h2>" + validation_overview(story.steps, story.baselines) + "</section>";
  for (const PartPlan& plan : page_plan()) out += part(plan, story.steps, stages);
  return out + how_it_was_run(story) + "</main>" + eval::report::page_end();
}

}  // namespace xrouter::trainer
