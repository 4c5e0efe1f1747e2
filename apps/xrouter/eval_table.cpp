#include "eval_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "text_table.hpp"

namespace xrouter::app {
namespace {

using namespace eval;

std::string percent(double share) { return fmt::format("{:.2f}", 100 * share); }
std::string points(double share, const Interval& interval) {
  return fmt::format("{:+.2f} [{:+.2f}, {:+.2f}]", 100 * share, 100 * interval.low, 100 * interval.high);
}

std::string half_width(const Estimate& estimate) { return fmt::format("{:.2f}", 50 * (estimate.interval.high - estimate.interval.low)); }

// Points of a curve other than the family's own setting are told by the curve's figures.
bool is_sweep_point(const SystemText& text) { return !text.family.empty() && text.id.find('@') != std::string::npos; }

std::string_view mark_of(const SystemFigures& figures) {
  if (figures.hull && figures.hull->wins) return "wins";
  return figures.on_front ? "front" : "";
}

void print_systems(const Summary& summary, const Section& section) {
  TextTable table({"SYSTEM", ">N", ">ACC %", ">+-", ">USD/1000", ">USD/RIGHT", ">NO ANSWER %", ">CALLS", ">P95 S", ">OVER HULL, POINTS",
                   ">OVER BEST SINGLE, POINTS", ""});
  for (const SystemFigures& f : section.systems) {
    const SystemText* text = find_system(summary, f.system);
    if (text && is_sweep_point(*text)) continue;
    table.add({f.system, std::to_string(f.scored), percent(f.accuracy.mean), half_width(f.accuracy),
               fmt::format("{}{:.3f}", f.cost_complete ? "" : ">=", f.usd_per_1000),
               f.usd_per_right ? fmt::format("{:.5f}", *f.usd_per_right) : "-", fmt::format("{:.1f}", 100 * f.no_answer),
               fmt::format("{:.2f}", f.behaviour.calls_per_query), fmt::format("{:.1f}", f.latency.p95_ms / 1000),
               f.hull ? points(f.hull->margin, f.hull->interval) : "",
               f.to_best_single ? points(f.to_best_single->difference, f.to_best_single->interval)
                                : (f.system == section.best_single ? "best single" : ""),
               std::string(mark_of(f))});
  }
  table.print();
}

void print_curves(const Section& section) {
  if (section.curves.empty()) return;
  TextTable table({"CURVE", ">POINTS", ">AIQ", ">GAP TO HULL OF SINGLES", ">BEST ACC %", ">CHEAPEST USD/1000"});
  const auto add = [&](const Curve& curve) {
    const CurvePoint& best = curve.hull.back();
    table.add({curve.family, std::to_string(curve.points.size()), fmt::format("{:.4f}", curve.aiq), fmt::format("{:+.4f}", curve.zero_gap),
               percent(best.accuracy), fmt::format("{:.3f}", curve.hull.front().usd_per_1000)});
  };
  if (section.singles) add(*section.singles);
  for (const Curve& curve : section.curves) add(curve);
  fmt::print("\n");
  table.print();
}

// Where the cost weight leads a policy: the points that print_systems leaves out.
void print_policy_points(const Summary& summary, const Section& section) {
  TextTable table({"POLICY", ">WEIGHT", ">ACC %", ">+-", ">USD/1000", ">OF IT ROUTER %", ">CALLS", ">OVER HULL, POINTS", ""});
  std::vector<std::pair<const SystemText*, const SystemFigures*>> rows;
  for (const SystemFigures& f : section.systems)
    if (const SystemText* text = find_system(summary, f.system); text && text->kind == SystemKind::policy && text->dial) rows.emplace_back(text, &f);
  if (rows.size() < 2) return;
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.first->family != b.first->family ? a.first->family < b.first->family : a.first->dial < b.first->dial;
  });
  for (const auto& [text, figures] : rows) {
    const SystemFigures& f = *figures;
    const double router_share = f.cost > Usd::zero() ? f.router_cost.to_double() / f.cost.to_double() : 0;
    table.add({text->family, fmt::format("{}", *text->dial), percent(f.accuracy.mean), half_width(f.accuracy), fmt::format("{:.3f}", f.usd_per_1000),
               percent(router_share), fmt::format("{:.2f}", f.behaviour.calls_per_query),
               f.hull ? points(f.hull->margin, f.hull->interval) : "", std::string(mark_of(f))});
  }
  fmt::print("\n");
  table.print();
}

void print_section(const Summary& summary, const Section& section) {
  fmt::print("\n{} ({} questions; compared on the {} that every system answered)\n", section.title, section.questions, section.common);
  print_systems(summary, section);
  print_policy_points(summary, section);
  print_curves(section);
  for (const TwoModelFigures& two : section.two_models) {
    fmt::print("\n  {}: {} or {}, APGR {:.4f}", two.family, two.weak, two.strong, two.apgr);
    for (const auto& [wanted, share] : two.cpt)
      fmt::print(", CPT({:.0f} %) {}", 100 * wanted, share ? percent(*share) + " %" : "not reached");
    fmt::print("\n");
  }
  for (const std::string& remark : section.remarks) fmt::print("  note: {}\n", remark);
}

}  // namespace

void print_summary(const Summary& summary) {
  for (const Section& section : summary.sections) print_section(summary, section);
  if (!summary.overall.empty()) {
    fmt::print("\nMean of all benchmarks, each weighing the same (systems that ran on all of them)\n");
    TextTable table({"SYSTEM", ">N", ">ACC %", ">+-", ">USD/1000", ">USD"});
    for (const OverallRow& row : summary.overall) {
      const SystemText* text = find_system(summary, row.system);
      if (text && is_sweep_point(*text)) continue;
      table.add({row.system, std::to_string(row.questions), percent(row.accuracy.mean), half_width(row.accuracy),
                 fmt::format("{:.3f}", row.usd_per_1000), fmt::format("{:.4f}", row.cost.to_double())});
    }
    table.print();
  }
  fmt::print(
      "\nACC is the mean score with the half width of its 95 % interval; OVER HULL is accuracy above what mixing single models reaches at\n"
      "the same cost, 95 % bootstrap interval over questions ('wins': all of it above 0); latencies are {}.\n",
      summary.latency_clock);
}

}  // namespace xrouter::app
