#include "xrouter/eval/report/view.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace xrouter::eval::report {
namespace {

constexpr int kModelColours = 10;
constexpr double kUsualDial = 1;

Shape shape_of(SystemKind kind, std::size_t number) {
  if (kind == SystemKind::single) return Shape::circle;
  if (kind == SystemKind::policy) return Shape::diamond;
  if (kind == SystemKind::oracle) return Shape::star;
  constexpr Shape kBaselines[] = {Shape::square, Shape::triangle, Shape::cross};
  return kBaselines[number % std::size(kBaselines)];
}

}  // namespace

View::View(const Summary& summary) : summary_(summary) {
  add_series();
  choose_minors();
  colour_models();
}

void View::add_series() {
  std::map<std::string, std::size_t> by_key;
  std::size_t baselines = 0;
  int families = 0;
  for (const SystemText& system : summary_.systems) {
    const std::string key = system.kind == SystemKind::single ? "\x01" : !system.family.empty() ? "\x02" + system.family : "\x03" + system.id;
    const auto [it, fresh] = by_key.emplace(key, series_.size());
    if (fresh) {
      const std::size_t number = system.kind == SystemKind::baseline ? baselines++ : 0;
      // Colour 0 is the policy's, the last one that of lone points; singles and upper bounds are drawn in grey and ink.
      const bool is_curve = system.kind == SystemKind::baseline && !system.family.empty();
      const int colour = is_curve ? 1 + families++ % (kColours - 2) : system.kind == SystemKind::baseline ? kColours - 1 : 0;
      const std::string name = system.kind == SystemKind::single ? "Single models" : !system.family.empty() ? system.family : system.label;
      series_.push_back({.name = name, .kind = system.kind, .colour = colour, .shape = shape_of(system.kind, number)});
    }
    systems_.emplace(system.id, Entry{.text = &system, .series = it->second});
  }
}

void View::choose_minors() {
  std::map<std::string, std::vector<const SystemText*>> families;
  for (const SystemText& system : summary_.systems)
    if (!system.family.empty() && system.dial) families[system.family].push_back(&system);
  for (const auto& [family, members] : families) {
    const auto nearer = [](const SystemText* a, const SystemText* b) { return std::abs(*a->dial - kUsualDial) < std::abs(*b->dial - kUsualDial); };
    const SystemText* front = *std::min_element(members.begin(), members.end(), nearer);
    for (const SystemText* member : members) systems_.at(member->id).minor = member != front;
    minor_count_ += members.size() - 1;
  }
}

void View::colour_models() {
  std::map<std::string, double> calls;
  for (const Section& section : summary_.sections)
    for (const SystemFigures& figures : section.systems)
      if (kind(figures.system) != SystemKind::single)
        for (const auto& [model, share] : figures.behaviour.models) calls[model] += share * static_cast<double>(figures.samples);
  std::vector<std::pair<std::string, double>> order(calls.begin(), calls.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (std::size_t i = 0; i < order.size(); ++i) model_colours_.emplace(order[i].first, std::min(static_cast<int>(i), kModelColours));
}

std::size_t View::series_of(std::string_view system) const {
  const auto it = systems_.find(std::string(system));
  return it == systems_.end() ? 0 : it->second.series;
}

std::string View::label(std::string_view system) const {
  const auto it = systems_.find(std::string(system));
  return it == systems_.end() || it->second.text->label.empty() ? std::string(system) : it->second.text->label;
}

SystemKind View::kind(std::string_view system) const {
  const auto it = systems_.find(std::string(system));
  return it == systems_.end() ? SystemKind::baseline : it->second.text->kind;
}

bool View::is_minor(std::string_view system) const {
  const auto it = systems_.find(std::string(system));
  return it != systems_.end() && it->second.minor;
}

int View::model_colour(std::string_view model) const {
  const auto it = model_colours_.find(std::string(model));
  return it == model_colours_.end() ? kModelColours : it->second;
}

std::string system_class(const View& view, std::string_view system) {
  return std::string("k-") + std::string(to_text(view.kind(system))) + (view.is_minor(system) ? " minor" : "");
}

std::string_view kind_text(SystemKind kind) {
  switch (kind) {
    case SystemKind::single: return "single model";
    case SystemKind::policy: return "policy";
    case SystemKind::baseline: return "baseline";
    case SystemKind::oracle: return "upper bound";
  }
  return "";
}

}  // namespace xrouter::eval::report
