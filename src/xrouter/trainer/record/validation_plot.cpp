#include "xrouter/trainer/record/validation_plot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/plot.hpp"
#include "xrouter/eval/stats/hull.hpp"

namespace xrouter::trainer {
namespace {

using eval::report::html;
using eval::report::money;
using eval::report::percent;
using eval::report::points;

// One validation of the policy: a family of points whose dial is the cost weight.
struct Shown {
  std::string name;
  eval::SystemKind kind = eval::SystemKind::baseline;
  std::vector<ValidationPoint> points;
};

std::vector<Shown> shown_of(const std::vector<StepMetrics>& steps) {
  const StepMetrics *first = nullptr, *best = nullptr, *last = nullptr;
  for (const StepMetrics& step : steps) {
    const auto score = step.find("validation/score");
    if (!score || validation_of(step).empty()) continue;
    if (first == nullptr) first = &step;
    if (best == nullptr || *score > *best->find("validation/score")) best = &step;
    last = &step;
  }
  if (first == nullptr) return {};
  std::vector<Shown> shown = {{.name = fmt::format("step {}{}", best->step(), best == last ? ", best and last" : ", best"),
                               .kind = eval::SystemKind::policy,
                               .points = validation_of(*best)}};
  if (last != best) shown.push_back({.name = fmt::format("step {}, last", last->step()), .points = validation_of(*last)});
  if (first != best && first != last)
    shown.push_back({.name = fmt::format("step {}, first", first->step()), .points = validation_of(*first)});
  return shown;
}

std::string point_name(const Shown& shown, const ValidationPoint& point) {
  return fmt::format("{}, cost weight {}", shown.name, cost_weight_name(point.cost_weight));
}

// The evaluation's plot asks for a summary; this one holds names only.
eval::Summary summary_of(const std::vector<Shown>& shown, const std::vector<ValidationBaseline>& baselines) {
  eval::Summary summary;
  for (const Shown& one : shown)
    for (const ValidationPoint& point : one.points)
      summary.systems.push_back({.id = point_name(one, point),
                                 .label = point_name(one, point),
                                 .description = "",
                                 .kind = one.kind,
                                 .family = one.name,
                                 .dial = point.cost_weight});
  for (const ValidationBaseline& baseline : baselines)
    summary.systems.push_back({.id = baseline.name,
                               .label = baseline.name,
                               .description = "",
                               .kind = baseline.single_model ? eval::SystemKind::single : eval::SystemKind::baseline});
  return summary;
}

std::string tip(const std::string& name, double accuracy, double usd) {
  return fmt::format("{}\n{} % right\n${} per 1,000 questions", name, percent(accuracy), money(usd));
}

eval::report::Plot plot_of(const std::vector<Shown>& shown, const std::vector<ValidationBaseline>& baselines,
                           const eval::report::View& view) {
  eval::report::Plot plot{.title = "Accuracy against cost on the validation questions"};
  for (const Shown& one : shown) {
    eval::report::PlotLine line{.series = view.series_of(point_name(one, one.points.front())), .points = {}};
    for (const ValidationPoint& point : one.points) {
      const std::string name = point_name(one, point);
      plot.points.push_back(
          {.system = name, .cost = point.usd_per_1000, .accuracy = point.accuracy, .tip = tip(name, point.accuracy, point.usd_per_1000)});
      line.points.push_back({.usd_per_1000 = point.usd_per_1000, .accuracy = point.accuracy, .system = name});
    }
    plot.lines.push_back(std::move(line));
  }
  std::vector<eval::stats::Point> singles;
  for (const ValidationBaseline& baseline : baselines) {
    plot.points.push_back({.system = baseline.name,
                           .cost = baseline.usd_per_1000,
                           .accuracy = baseline.accuracy,
                           .tip = tip(baseline.name, baseline.accuracy, baseline.usd_per_1000)});
    if (baseline.single_model) singles.push_back({.cost = baseline.usd_per_1000, .quality = baseline.accuracy});
  }
  for (const eval::stats::Point& corner : eval::stats::non_decreasing_hull(singles))
    plot.hull.push_back({.usd_per_1000 = corner.cost, .accuracy = corner.quality});
  return plot;
}

std::string policy_table(const std::vector<Shown>& shown) {
  std::string out =
      "<div class=\"wide\"><table><caption>The policy</caption><thead><tr><th>Checkpoint</th><th class=\"num\">Cost weight</th><th "
      "class=\"num\">Right, %</th>"
      "<th class=\"num\">$ per 1,000</th><th class=\"num\">Cost / reference</th><th class=\"num\">Over the hull, points</th><th "
      "class=\"num\">Reward</th></tr></thead><tbody>";
  for (const Shown& one : shown)
    for (const ValidationPoint& point : one.points)
      out += fmt::format(
          "<tr class=\"k-{}\"><th scope=\"row\"><span class=\"name\">{}</span></th><td class=\"num\">{}</td><td class=\"num\">{}</td><td "
          "class=\"num\">{}</td><td class=\"num\">{:.3f}</td>"
          "<td class=\"num {}\">{}</td><td class=\"num\">{:.4f}</td></tr>",
          eval::to_text(one.kind), html(one.name), cost_weight_name(point.cost_weight), percent(point.accuracy), money(point.usd_per_1000),
          point.cost_ratio, point.hull_margin >= 0 ? "good" : "bad", points(point.hull_margin), point.reward);
  return out + "</tbody></table></div>";
}

std::string baseline_table(std::vector<ValidationBaseline> baselines) {
  if (baselines.empty()) return {};
  std::stable_sort(baselines.begin(), baselines.end(), [](const auto& a, const auto& b) { return a.accuracy > b.accuracy; });
  std::string out =
      "<details><summary>What it is compared with</summary><div class=\"wide\"><table><thead><tr><th>System</th><th class=\"num\">Right, "
      "%</th>"
      "<th class=\"num\">$ per 1,000</th></tr></thead><tbody>";
  for (const ValidationBaseline& baseline : baselines)
    out += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{}</td></tr>", html(baseline.name),
                       percent(baseline.accuracy), money(baseline.usd_per_1000));
  return out + "</tbody></table></div></details>";
}

}  // namespace

std::string validation_overview(const std::vector<StepMetrics>& steps, const std::vector<ValidationBaseline>& baselines) {
  const auto shown = shown_of(steps);
  if (shown.empty()) return "<p class=\"muted\">Nothing was validated yet.</p>" + baseline_table(baselines);
  const eval::Summary summary = summary_of(shown, baselines);
  const eval::report::View view(summary);
  return draw(plot_of(shown, baselines, view), view) + policy_table(shown) + baseline_table(baselines);
}

}  // namespace xrouter::trainer
