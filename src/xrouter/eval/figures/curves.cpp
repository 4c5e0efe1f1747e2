#include "xrouter/eval/figures/curves.hpp"

#include <algorithm>
#include <map>

#include "xrouter/eval/stats/router_figures.hpp"

namespace xrouter::eval {
namespace {

using stats::Point;

struct Family {
  std::string name;
  std::vector<std::size_t> members;  // indices into Paired::members
};

struct Drawing {
  const TaskSamples& task;
  const std::vector<System>& systems;
  const Paired& paired;
  std::span<const double> means;

  const System& system(std::size_t member) const { return systems[task.systems[paired.members[member]].system]; }
  Point point(std::size_t member) const { return {.cost = 1000 * means[Paired::cost(member)], .quality = means[Paired::score(member)]}; }
};

std::vector<Point> points_of(const Drawing& drawing, const std::vector<std::size_t>& members) {
  std::vector<Point> out;
  for (const std::size_t member : members) out.push_back(drawing.point(member));
  return out;
}

std::vector<Family> families_of(const Drawing& drawing) {
  std::vector<Family> out;
  for (std::size_t m = 0; m < drawing.paired.members.size(); ++m) {
    const System& system = drawing.system(m);
    if (system.family.empty() || system.kind == SystemKind::single) continue;
    auto it = std::find_if(out.begin(), out.end(), [&](const Family& family) { return family.name == system.family; });
    if (it == out.end()) it = out.insert(out.end(), Family{.name = system.family, .members = {}});
    it->members.push_back(m);
  }
  std::erase_if(out, [](const Family& family) { return family.members.size() < 2; });
  for (Family& family : out)
    std::stable_sort(family.members.begin(), family.members.end(),
                     [&](std::size_t a, std::size_t b) { return drawing.system(a).dial.value_or(0) < drawing.system(b).dial.value_or(0); });
  return out;
}

Curve curve_of(const Drawing& drawing, const Family& family, const std::vector<Point>& zero_hull, double dearest) {
  Curve curve{.family = family.name, .label = drawing.system(family.members.front()).label};
  for (const std::size_t member : family.members) {
    const Point point = drawing.point(member);
    curve.points.push_back({.usd_per_1000 = point.cost, .accuracy = point.quality, .system = drawing.system(member).id});
  }
  const std::vector<Point> hull = stats::non_decreasing_hull(points_of(drawing, family.members));
  for (const Point& corner : hull) curve.hull.push_back({.usd_per_1000 = corner.cost, .accuracy = corner.quality});
  const double from = hull.front().cost;
  curve.aiq = stats::mean_height(hull, from, dearest);
  curve.aiq_code = dearest > 0 ? curve.aiq * (dearest - from) / dearest : 0;
  curve.zero_gap = zero_hull.empty() ? 0 : curve.aiq - stats::mean_height(zero_hull, from, dearest);
  return curve;
}

double share_with_strong(const SystemSamples& samples, const std::string& strong) {
  std::size_t with = 0;
  std::size_t all = 0;
  for (const SampleRecord* record : samples.all()) {
    const auto& calls = record->calls;
    with += std::any_of(calls.begin(), calls.end(),
                        [&](const CallSample& call) { return call.model == strong && call.status != CallStatus::refused; })
                ? 1U
                : 0U;
    ++all;
  }
  return all == 0 ? 0 : static_cast<double>(with) / static_cast<double>(all);
}

std::optional<double> accuracy_of_single(const Drawing& drawing, const ModelId& model) {
  for (std::size_t m = 0; m < drawing.paired.members.size(); ++m) {
    const System& system = drawing.system(m);
    if (system.kind == SystemKind::single && system.needs.front() == model) return drawing.point(m).quality;
  }
  return std::nullopt;
}

std::optional<TwoModelFigures> two_models_of(const Drawing& drawing, const Family& family) {
  const auto& pair = drawing.system(family.members.front()).pair;
  if (!pair) return std::nullopt;
  const auto weak = accuracy_of_single(drawing, pair->weak);
  const auto strong = accuracy_of_single(drawing, pair->strong);
  if (!weak || !strong) return std::nullopt;
  std::vector<stats::StrongShare> curve{{.share = 0, .quality = *weak}};
  for (const std::size_t member : family.members)
    curve.push_back({.share = share_with_strong(drawing.task.systems[drawing.paired.members[member]], pair->strong.value),
                     .quality = drawing.point(member).quality});
  curve.push_back({.share = 1, .quality = *strong});
  std::stable_sort(curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.share < b.share; });
  const stats::TwoModels models{.weak = *weak, .strong = *strong};
  const auto gap = stats::apgr(curve, models);
  if (!gap) return std::nullopt;
  TwoModelFigures out{.family = family.name, .weak = pair->weak.value, .strong = pair->strong.value, .apgr = *gap};
  for (const double wanted : {0.2, 0.5, 0.8}) out.cpt.emplace_back(wanted, stats::call_performance_threshold(curve, models, wanted));
  return out;
}

}  // namespace

void add_curves(Section& section, const TaskSamples& task, const std::vector<System>& systems, const Paired& paired,
                std::span<const double> means) {
  const Drawing drawing{task, systems, paired, means};
  Family singles{.name = "singles", .members = {}};
  double dearest = 0;
  for (std::size_t m = 0; m < paired.members.size(); ++m) {
    if (drawing.system(m).kind == SystemKind::single) singles.members.push_back(m);
    if (drawing.system(m).kind != SystemKind::oracle) dearest = std::max(dearest, drawing.point(m).cost);
  }
  const std::vector<Point> zero_hull = stats::non_decreasing_hull(points_of(drawing, singles.members));
  if (!singles.members.empty()) {
    section.singles = curve_of(drawing, singles, zero_hull, dearest);
    section.singles->label = "single models";
    auto& points = section.singles->points;
    std::stable_sort(points.begin(), points.end(),
                     [](const CurvePoint& a, const CurvePoint& b) { return a.usd_per_1000 < b.usd_per_1000; });
  }
  for (const Family& family : families_of(drawing)) {
    section.curves.push_back(curve_of(drawing, family, zero_hull, dearest));
    if (auto figures = two_models_of(drawing, family)) section.two_models.push_back(std::move(*figures));
  }
}

}  // namespace xrouter::eval
