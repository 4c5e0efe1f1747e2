// The tables of figures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {
namespace {

constexpr const char* kNone = "<td class=\"num muted\" data-order=\"-1e308\">\xE2\x80\x93</td>";

std::string head(std::initializer_list<const char*> columns) {
  std::string out = "<thead><tr>";
  bool first = true;
  for (const char* column : columns) {
    out += fmt::format("<th scope=\"col\"{}>{}</th>", first ? "" : " class=\"num\"", column);
    first = false;
  }
  return out + "</tr></thead>";
}

std::string table(std::string_view caption, const std::string& head, const std::string& rows) {
  return fmt::format("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"sortable\"><caption>{0}</caption>{1}<tbody>{2}</tbody></table></div>",
                     html(caption), head, rows);
}

std::string row(const View& view, std::string_view system, const std::string& cells) {
  return fmt::format("<tr class=\"{}\">{}{}</tr>", system_class(view, system), system_cell(view, system), cells);
}

// A mean with its interval, in words and as a whisker on the scale that all rows of the table share.
std::string accuracy_cell(const Estimate& accuracy, const Interval& scale) {
  const auto place = [&scale](double share) { return 100 * std::clamp((share - scale.low) / std::max(scale.high - scale.low, 0.01), 0.0, 1.0); };
  const double left = place(accuracy.interval.low);
  const double width = std::max(place(accuracy.interval.high) - left, 0.6);
  return fmt::format("<td class=\"num\" data-order=\"{:.6f}\"><b>{}</b> <small>{}</small><span class=\"meter\" aria-hidden=\"true\"><i style=\"left:{:.1f}%;width:{:.1f}%\"></i><u style=\"left:{:.1f}%\"></u></span></td>",
                     accuracy.mean, percent(accuracy.mean), percent_range(accuracy.interval), left, width, place(accuracy.mean));
}

void widen(Interval& scale, const Estimate& estimate) {
  scale.low = std::min(scale.low, estimate.interval.low);
  scale.high = std::max(scale.high, estimate.interval.high);
}

std::string share_cell(double share) { return number_cell(share, percent(share)); }

std::vector<const SystemFigures*> best_first(const Section& section) {
  std::vector<const SystemFigures*> order;
  for (const SystemFigures& figures : section.systems) order.push_back(&figures);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->accuracy.mean > b->accuracy.mean; });
  return order;
}

std::string margin_cell(const std::optional<HullMargin>& hull) {
  if (!hull) return kNone;
  return number_cell(hull->margin, fmt::format("{} <small>{}</small>", points(hull->margin), points_range(hull->interval)));
}

std::string verdict_cell(const std::optional<HullMargin>& hull) {
  if (!hull) return "<td class=\"muted\">\xE2\x80\x93</td>";
  if (hull->wins) return "<td><span class=\"verdict good\">\xE2\x9C\x93 above the hull</span></td>";
  constexpr double kNothing = 1e-9;
  if (std::abs(hull->interval.low) < kNothing && std::abs(hull->interval.high) < kNothing) return "<td><span class=\"verdict open\">= on the hull</span></td>";
  const bool below = hull->interval.high < 0;
  return below ? "<td><span class=\"verdict bad\">\xE2\x9C\x97 below the hull</span></td>" : "<td><span class=\"verdict open\">\xE2\x89\x88 not decided</span></td>";
}

// An interval with zero in the middle.
std::string forest_cell(double value, const Interval& interval) {
  constexpr double kReach = 0.06;  // beyond, the numbers beside it must do
  const auto x = [](double v) { return 60 + 56 * std::clamp(v / kReach, -1.0, 1.0); };
  return fmt::format("<td class=\"forest\"><svg viewBox=\"0 0 120 16\" aria-hidden=\"true\"><path class=\"zero\" d=\"M60 0V16\"/><path class=\"whisker\" d=\"M{:.1f} 8H{:.1f}\"/><circle cx=\"{:.1f}\" cy=\"8\" r=\"3.4\"/></svg></td>",
                     x(interval.low), x(interval.high), x(value));
}

}  // namespace

std::string number_cell(double order, const std::string& content) {
  return fmt::format("<td class=\"num\" data-order=\"{:.9g}\">{}</td>", std::isfinite(order) ? order : -1e308, content);
}

std::string system_cell(const View& view, std::string_view system) {
  const SystemText* text = find_system(view.summary(), system);
  return fmt::format("<th scope=\"row\" title=\"{}\"><span class=\"name\">{}</span> <span class=\"badge\">{}</span></th>", html(text ? text->description : ""),
                     html(view.label(system)), kind_text(view.kind(system)));
}

std::string overall_table(const View& view) {
  if (view.summary().overall.empty()) return {};
  std::string rows;
  Interval scale{.low = 1, .high = 0};
  for (const OverallRow& one : view.summary().overall) widen(scale, one.accuracy);
  for (const OverallRow& one : view.summary().overall)
    rows += row(view, one.system, accuracy_cell(one.accuracy, scale) + number_cell(one.usd_per_1000, "$" + money(one.usd_per_1000)) +
                                      number_cell(static_cast<double>(one.questions), fmt::format("{}", one.questions)) +
                                      number_cell(one.cost.to_double(), "$" + money(one.cost.to_double())));
  return table("Means over all benchmarks, each weighing the same", head({"System", "Right, %", "$ per 1,000", "Questions", "Spent"}), rows);
}

std::string headline_table(const Section& section, const View& view) {
  std::string rows;
  Interval scale{.low = 1, .high = 0};
  for (const SystemFigures& f : section.systems) widen(scale, f.accuracy);
  for (const SystemFigures* f : best_first(section)) {
    std::string cells = accuracy_cell(f->accuracy, scale);
    cells += number_cell(f->usd_per_1000, fmt::format("${}{} <small>{} to {}</small>", money(f->usd_per_1000), f->cost_complete ? "" : "+",
                                                      money(f->usd_per_1000_interval.low), money(f->usd_per_1000_interval.high)));
    cells += f->usd_per_right ? number_cell(*f->usd_per_right, "$" + money(1000 * *f->usd_per_right)) : kNone;
    cells += margin_cell(f->hull);
    cells += f->regret ? number_cell(f->regret->accuracy, points(-f->regret->accuracy)) : kNone;
    cells += number_cell(f->arena_score, fmt::format("{:.3f}", f->arena_score));
    cells += number_cell(static_cast<double>(f->scored),
                         f->unscored == 0 ? fmt::format("{}", f->scored) : fmt::format("{} <small>+{} unscored</small>", f->scored, f->unscored));
    rows += row(view, f->system, cells);
  }
  return table("Accuracy and cost: " + section.title,
               head({"System", "Right, % <small>95 %</small>", "$ per 1,000 <small>95 %</small>", "$ per 1,000 right", "Over the hull, points <small>95 %</small>",
                     "To the oracle, points", "Arena S", "Scored"}),
               rows);
}

std::string behaviour_table(const Section& section, const View& view) {
  std::string rows;
  for (const SystemFigures* f : best_first(section)) {
    const BehaviourFigures& b = f->behaviour;
    std::string cells = share_cell(b.direct) + share_cell(b.selected) + share_cell(b.synthesised) + share_cell(b.last_reply) + share_cell(b.none);
    cells += number_cell(b.calls_per_query, fmt::format("{:.2f}", b.calls_per_query)) + number_cell(b.turns_per_query, fmt::format("{:.2f}", b.turns_per_query));
    cells += share_cell(b.top_share) + share_cell(f->no_answer) + share_cell(f->truncated) + share_cell(f->failed) + share_cell(f->cost_share_wrong);
    cells += number_cell(f->latency.p50_ms, milliseconds(f->latency.p50_ms)) + number_cell(f->latency.p95_ms, milliseconds(f->latency.p95_ms)) +
             number_cell(f->latency.p99_ms, milliseconds(f->latency.p99_ms));
    rows += row(view, f->system, cells);
  }
  return table("Behaviour: how answers came about; shares in %",
               head({"System", "Direct", "Selected", "Synthesised", "Last reply", "None", "Calls a question", "Turns", "Top model", "No answer found", "Cut off", "Failed",
                     "Money on wrong answers", "p50", "p95", "p99"}),
               rows);
}

std::string comparison_table(const Section& section, const View& view) {
  std::string rows;
  for (const SystemFigures* f : best_first(section)) {
    if (!f->hull && !f->to_best_single) continue;
    std::string cells = margin_cell(f->hull);
    cells += f->hull ? forest_cell(f->hull->margin, f->hull->interval) : "<td></td>";
    cells += f->hull ? number_cell(f->hull->p_holm, fmt::format("{:.4f} <small>{:.4f}</small>", f->hull->p, f->hull->p_holm)) : kNone;
    cells += verdict_cell(f->hull);
    if (f->to_best_single) {
      const PairedFigures& paired = *f->to_best_single;
      cells += number_cell(paired.difference, fmt::format("{} <small>{}</small>", points(paired.difference), points_range(paired.interval)));
      cells += number_cell(static_cast<double>(paired.better), fmt::format("{} / {}", paired.better, paired.worse));
      cells += number_cell(paired.cost_ratio, percent(paired.cost_ratio));
    } else {
      cells.append(kNone).append(kNone).append(kNone);
    }
    rows += row(view, f->system, cells);
  }
  if (rows.empty()) return {};
  const std::string note = fmt::format(
      "<p class=\"muted\">Win rule: the accuracy must lie above what a coin toss between two single models reaches at the same cost, at the lower end of a paired 95 % "
      "interval ({} draws over questions, the hull rebuilt in each). The second p is corrected for all systems of this benchmark (Holm). Best single model here: {}. "
      "The hull runs over the {} questions that every single model answered.</p>",
      view.summary().bootstrap_draws, html(section.best_single.empty() ? "none" : view.label(section.best_single)), section.common);
  return table("Paired comparisons: " + section.title,
               head({"System", "Over the hull, points <small>95 %</small>", "", "p <small>corrected</small>", "Verdict", "Minus the best single, points <small>95 %</small>",
                     "Only it / only the single right", "Cost, % of the single's"}),
               rows) + note;
}

std::string curve_table(const Section& section, const View& view) {
  if (section.curves.empty()) return {};
  std::string rows;
  const auto add = [&](const Curve& curve, bool singles) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}</tr>", html(curve.label.empty() ? curve.family : curve.label), number_cell(curve.aiq, percent(curve.aiq)),
                        number_cell(curve.aiq_code, percent(curve.aiq_code)), singles ? std::string(kNone) : number_cell(curve.zero_gap, points(curve.zero_gap)));
  };
  if (section.singles) add(*section.singles, true);
  for (const Curve& curve : section.curves) add(curve, false);
  std::string out = table("Whole curves: mean height of the hull between the cheapest and the dearest point",
                          head({"Curve", "AIQ, %", "AIQ as RouterBench's code, %", "Over the singles' hull, points"}), rows);
  std::string pairs;
  for (const TwoModelFigures& two : section.two_models) {
    std::string cpt;
    for (const auto& [wanted, share] : two.cpt) cpt += fmt::format("{}{:.0f} %: {}", cpt.empty() ? "" : ", ", 100 * wanted, share ? percent(*share) : "never");
    pairs += fmt::format("<tr><th scope=\"row\">{}</th><td>{} \xE2\x86\x92 {}</td>{}<td>{}</td></tr>", html(two.family), html(two.weak), html(two.strong),
                         number_cell(two.apgr, fmt::format("{:.4f}", two.apgr)), cpt);
  }
  if (!pairs.empty())
    out += table("Choosing between two models", "<thead><tr><th>Family</th><th>Models</th><th class=\"num\">APGR</th><th>Share of strong calls, %, to recover</th></tr></thead>", pairs);
  (void)view;
  return out;
}

std::string subset_table(const Section& section, const View& view) {
  if (section.subsets.size() < 2) return {};
  std::string columns = "<thead><tr><th scope=\"col\">System</th>";
  for (const SubsetFigures& subset : section.subsets)
    columns += fmt::format("<th scope=\"col\" class=\"num\">{} <small>{}</small></th>", html(subset.subset), subset.questions);
  std::string rows;
  for (const SystemFigures* f : best_first(section)) {
    std::string cells;
    for (const SubsetFigures& subset : section.subsets) {
      const auto it = std::find_if(subset.rows.begin(), subset.rows.end(), [&](const SubsetFigures::Row& r) { return r.system == f->system; });
      cells += it == subset.rows.end() ? std::string(kNone)
                                       : number_cell(it->accuracy.mean, fmt::format("{} <small>${}</small>", percent(it->accuracy.mean), money(it->usd_per_1000)));
    }
    rows += row(view, f->system, cells);
  }
  return table("By sub-set: right, % and $ per 1,000", columns + "</tr></thead>", rows);
}

}  // namespace xrouter::eval::report
