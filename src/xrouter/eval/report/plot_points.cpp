// From figures to the points and lines of a plot.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/plot.hpp"

namespace xrouter::eval::report {
namespace {

std::string tip_of(const SystemFigures& figures, const View& view) {
  std::string tip = view.label(figures.system) + "\n";
  tip += fmt::format("{} % right (95 %: {})\n", percent(figures.accuracy.mean), percent_range(figures.accuracy.interval));
  tip += fmt::format("${} per 1,000 questions\n", money(figures.usd_per_1000));
  tip += fmt::format("{} questions", figures.questions);
  if (figures.hull) tip += fmt::format("\n{} points over the hull ({})", points(figures.hull->margin), points_range(figures.hull->interval));
  return tip;
}

std::size_t series_of_family(const View& view, const std::string& family) {
  for (const SystemText& system : view.summary().systems)
    if (system.family == family) return view.series_of(system.id);
  return 0;
}

}  // namespace

Plot plot_of(const Section& section, const View& view) {
  Plot plot{.title = "Accuracy against cost: " + section.title};
  for (const SystemFigures& figures : section.systems) {
    if (figures.scored == 0) continue;
    plot.points.push_back({.system = figures.system,
                           .cost = figures.usd_per_1000,
                           .accuracy = figures.accuracy.mean,
                           .accuracy_interval = figures.accuracy.interval,
                           .cost_interval = figures.usd_per_1000_interval,
                           .tip = tip_of(figures, view)});
  }
  for (const Curve& curve : section.curves) plot.lines.push_back({.series = series_of_family(view, curve.family), .points = curve.points});
  if (section.singles) plot.hull = section.singles->hull;
  return plot;
}

Plot overall_plot(const View& view) {
  Plot plot{.title = "Accuracy against cost: mean over all benchmarks"};
  std::map<std::size_t, PlotLine> lines;
  for (const OverallRow& row : view.summary().overall) {
    plot.points.push_back({.system = row.system,
                           .cost = row.usd_per_1000,
                           .accuracy = row.accuracy.mean,
                           .accuracy_interval = row.accuracy.interval,
                           .tip = fmt::format("{}\n{} % right (95 %: {})\n${} per 1,000 questions\nmean over {} benchmarks", view.label(row.system),
                                              percent(row.accuracy.mean), percent_range(row.accuracy.interval), money(row.usd_per_1000),
                                              view.summary().sections.size())});
    const SystemText* text = find_system(view.summary(), row.system);
    if (text == nullptr || text->family.empty()) continue;
    PlotLine& line = lines[view.series_of(row.system)];
    line.series = view.series_of(row.system);
    line.points.push_back({.usd_per_1000 = row.usd_per_1000, .accuracy = row.accuracy.mean, .system = row.system});
  }
  const auto dial_of = [&](const CurvePoint& point) { return find_system(view.summary(), point.system)->dial.value_or(0); };
  for (auto& [series, line] : lines) {
    std::stable_sort(line.points.begin(), line.points.end(), [&](const CurvePoint& a, const CurvePoint& b) { return dial_of(a) < dial_of(b); });
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

}  // namespace xrouter::eval::report
