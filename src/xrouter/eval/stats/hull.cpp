#include "xrouter/eval/stats/hull.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"

namespace xrouter::eval::stats {
namespace {

// Positive when b lies strictly above the line from a to c.
double above(const Point& a, const Point& b, const Point& c) {
  return (b.quality - a.quality) * (c.cost - a.cost) - (c.quality - a.quality) * (b.cost - a.cost);
}

double dearest(std::span<const Point> points) {
  return std::max_element(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.cost < b.cost; })->cost;
}

double area(std::span<const Point> hull, double from, double to) {
  double sum = 0;
  double at = from;
  double at_height = height(hull, from);
  const auto add_up_to = [&](double cost) {
    const double cost_height = height(hull, cost);
    sum += (cost - at) * (at_height + cost_height) / 2;
    at = cost;
    at_height = cost_height;
  };
  for (const Point& corner : hull)
    if (corner.cost > from && corner.cost < to) add_up_to(corner.cost);
  add_up_to(to);
  return sum;
}

}  // namespace

std::vector<Point> non_decreasing_hull(std::vector<Point> points) {
  const auto cheaper_or_better = [](const Point& a, const Point& b) { return a.cost != b.cost ? a.cost < b.cost : a.quality > b.quality; };
  std::sort(points.begin(), points.end(), cheaper_or_better);
  std::vector<Point> hull;
  for (const Point& point : points) {
    if (!hull.empty() && point.quality <= hull.back().quality) continue;
    while (hull.size() >= 2 && above(hull[hull.size() - 2], hull.back(), point) <= 0) hull.pop_back();
    hull.push_back(point);
  }
  return hull;
}

double height(std::span<const Point> hull, double cost) {
  XROUTER_ASSERT(!hull.empty(), "a hull of nothing has no height");
  if (cost <= hull.front().cost) return hull.front().quality;
  const auto right = std::find_if(hull.begin(), hull.end(), [&](const Point& p) { return p.cost >= cost; });
  if (right == hull.end()) return hull.back().quality;
  const Point& left = *std::prev(right);
  return left.quality + (right->quality - left.quality) * (cost - left.cost) / (right->cost - left.cost);
}

double mean_height(std::span<const Point> hull, double from, double to) {
  return to <= from ? height(hull, from) : area(hull, from, to) / (to - from);
}

double aiq(std::span<const Point> points) {
  if (points.empty()) return 0;
  const std::vector<Point> hull = non_decreasing_hull({points.begin(), points.end()});
  return mean_height(hull, hull.front().cost, dearest(points));
}

double aiq_code_form(std::span<const Point> points) {
  if (points.empty()) return 0;
  const std::vector<Point> hull = non_decreasing_hull({points.begin(), points.end()});
  const double end = dearest(points);
  return end <= 0 ? 0 : area(hull, hull.front().cost, end) / end;
}

}  // namespace xrouter::eval::stats
