#include "xrouter/eval/report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"

namespace xrouter::eval::report {
namespace {

constexpr double kWidth = 940;
constexpr double kHeight = 560;
constexpr double kLeft = 52;
constexpr double kRight = 18;
constexpr double kTop = 14;
constexpr double kBottom = 46;
constexpr double kSmallestCost = 1e-9;

// Screen positions of the two axes.
class Frame {
 public:
  explicit Frame(const Plot& plot) {
    double least = 1e300;
    double most = 0;
    double low = 1;
    double high = 0;
    const auto include = [&](double cost, double accuracy) {
      if (cost > kSmallestCost) least = std::min(least, cost);
      most = std::max(most, cost);
      low = std::min(low, accuracy);
      high = std::max(high, accuracy);
    };
    for (const PlotPoint& point : plot.points) {
      include(point.cost, point.accuracy);
      if (point.accuracy_interval) include(point.cost, point.accuracy_interval->low), include(point.cost, point.accuracy_interval->high);
    }
    for (const PlotLine& line : plot.lines)
      for (const CurvePoint& point : line.points) include(point.usd_per_1000, point.accuracy);
    if (most <= kSmallestCost) least = 0.5, most = 2;
    const double width = std::max(std::log10(most / least), 0.3);
    from_ = std::log10(least) - 0.05 * width;
    to_ = from_ + 1.16 * width;  // room for labels on the right
    const double height = std::max(high - low, 0.04);
    bottom_ = std::max(low - 0.05 * height, 0.0);
    top_ = std::min(high + 0.06 * height, 1.0);
    if (top_ <= bottom_) top_ = bottom_ + 0.1;
  }

  double x(double cost) const {
    const double at = cost > kSmallestCost ? std::log10(cost) : from_;
    return kLeft + std::clamp((at - from_) / (to_ - from_), 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  double y(double accuracy) const { return kTop + std::clamp((top_ - accuracy) / (top_ - bottom_), 0.0, 1.0) * (kHeight - kTop - kBottom); }

  std::vector<double> cost_ticks() const {
    std::vector<double> ticks;
    const bool dense = to_ - from_ < 2.6;
    for (int decade = static_cast<int>(std::floor(from_)) - 1; decade <= static_cast<int>(std::ceil(to_)); ++decade)
      for (const double digit : {1.0, 2.0, 5.0}) {
        const double at = std::log10(digit) + decade;
        if ((dense || digit == 1.0 || to_ - from_ < 4) && at >= from_ && at <= to_) ticks.push_back(digit * std::pow(10.0, decade));
      }
    return ticks;
  }
  std::vector<double> accuracy_ticks() const {
    double step = 0.01;
    for (const double candidate : {0.01, 0.02, 0.05, 0.1, 0.2}) {
      step = candidate;
      if ((top_ - bottom_) / step <= 9) break;
    }
    std::vector<double> ticks;
    for (int i = static_cast<int>(std::ceil(bottom_ / step)); i * step <= top_ + 1e-9; ++i) ticks.push_back(i * step);
    return ticks;
  }

 private:
  double from_ = 0;
  double to_ = 1;
  double bottom_ = 0;
  double top_ = 1;
};

std::string axes(const Frame& frame) {
  std::string out = "<g class=\"axes\">";
  for (const double cost : frame.cost_ticks())
    out += fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/><text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">${4}</text>",
                       frame.x(cost), kTop, kHeight - kBottom, kHeight - kBottom + 18, fmt::format("{:g}", cost));
  for (const double accuracy : frame.accuracy_ticks())
    out += fmt::format("<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.0f} %</text>", kLeft,
                       kWidth - kRight, frame.y(accuracy), kLeft - 6, frame.y(accuracy) + 4, 100 * accuracy);
  out += fmt::format("<text class=\"axis\" x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"middle\">US dollars per 1,000 questions (logarithmic)</text></g>",
                     (kLeft + kWidth - kRight) / 2, kHeight - 8);
  return out;
}

std::string path(const std::vector<CurvePoint>& points, const Frame& frame) {
  std::string out;
  for (const CurvePoint& point : points)
    out += fmt::format("{}{:.1f} {:.1f}", out.empty() ? "M" : "L", frame.x(point.usd_per_1000), frame.y(point.accuracy));
  return out;
}

// Straight segments between mixtures are curves on a logarithmic axis: drawn through points in between.
std::string hull_shape(const std::vector<CurvePoint>& hull, const Frame& frame) {
  if (hull.empty()) return {};
  std::vector<CurvePoint> fine{hull.front()};
  constexpr int kSteps = 24;
  for (std::size_t i = 1; i < hull.size(); ++i) {
    const CurvePoint& a = hull[i - 1];
    const CurvePoint& b = hull[i];
    const bool geometric = a.usd_per_1000 > kSmallestCost;
    for (int step = 1; step <= kSteps; ++step) {
      const double t = static_cast<double>(step) / kSteps;
      const double cost = geometric ? a.usd_per_1000 * std::pow(b.usd_per_1000 / a.usd_per_1000, t) : a.usd_per_1000 + t * (b.usd_per_1000 - a.usd_per_1000);
      const double share = (cost - a.usd_per_1000) / std::max(b.usd_per_1000 - a.usd_per_1000, kSmallestCost);
      fine.push_back({.usd_per_1000 = cost, .accuracy = a.accuracy + share * (b.accuracy - a.accuracy)});
    }
  }
  const std::string top = path(fine, frame) + fmt::format("H{:.1f}", kWidth - kRight);
  return fmt::format("<path class=\"hull-area\" d=\"{0}V{1}H{2:.1f}Z\"/><path class=\"hull\" d=\"{0}\"/>", top, kHeight - kBottom,
                     frame.x(hull.front().usd_per_1000));
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const { return left < other.right && other.left < right && top < other.bottom && other.top < bottom; }
};

// Puts labels beside their points where nothing is in the way; a label without room is left to the tooltip.
class Labels {
 public:
  void occupy(double x, double y, double radius) { taken_.push_back({x - radius, y - radius, x + radius, y + radius}); }

  std::string place(double x, double y, const std::string& text, std::string_view attributes) {
    const double width = 6.3 * static_cast<double>(std::min<std::size_t>(text.size(), kLongest)) + 4;
    constexpr double kLine = 13;
    struct Spot {
      double dx, dy;
      const char* anchor;
    };
    constexpr Spot kSpots[] = {{9, 4, "start"},   {-9, 4, "end"},     {0, -10, "middle"}, {0, 19, "middle"},
                               {8, -8, "start"},  {-8, -8, "end"},    {8, 16, "start"},   {-8, 16, "end"}};
    for (const Spot& spot : kSpots) {
      const double anchor_x = x + spot.dx;
      const double left = spot.anchor[0] == 's' ? anchor_x : spot.anchor[0] == 'e' ? anchor_x - width : anchor_x - width / 2;
      const Box box{left, y + spot.dy - kLine + 2, left + width, y + spot.dy + 3};
      const bool inside = box.left >= kLeft && box.right <= kWidth && box.top >= 0 && box.bottom <= kHeight - kBottom + 2;
      const bool free = std::none_of(taken_.begin(), taken_.end(), [&](const Box& other) { return box.meets(other); });
      if (!inside || !free) continue;
      taken_.push_back(box);
      return fmt::format("<text {} x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", attributes, anchor_x, y + spot.dy, spot.anchor,
                         html(text.size() > kLongest ? clean_text(text, kLongest - 1).substr(0, kLongest - 1) + "\xE2\x80\xA6" : text));
    }
    return {};
  }

 private:
  static constexpr std::size_t kLongest = 34;
  std::vector<Box> taken_;
};

std::string whiskers(const PlotPoint& point, const Frame& frame) {
  std::string out;
  const double x = frame.x(point.cost);
  const double y = frame.y(point.accuracy);
  if (point.accuracy_interval && point.accuracy_interval->high > point.accuracy_interval->low)
    out += fmt::format("<path class=\"whisker\" d=\"M{0:.1f} {1:.1f}V{2:.1f}\"/>", x, frame.y(point.accuracy_interval->high), frame.y(point.accuracy_interval->low));
  if (point.cost_interval && point.cost_interval->high > point.cost_interval->low)
    out += fmt::format("<path class=\"whisker\" d=\"M{1:.1f} {0:.1f}H{2:.1f}\"/>", y, frame.x(point.cost_interval->low), frame.x(point.cost_interval->high));
  return out;
}

double radius_of(const View& view, const PlotPoint& point) {
  if (view.is_minor(point.system)) return 3;
  return view.kind(point.system) == SystemKind::policy ? 7 : 5;
}

std::string series_class(const Series& series) { return fmt::format("k-{} c{}", to_text(series.kind), series.colour); }

std::string legend(const Plot& plot, const View& view) {
  std::set<std::size_t> used;
  for (const PlotPoint& point : plot.points) used.insert(view.series_of(point.system));
  std::string out = "<div class=\"legend\" role=\"group\" aria-label=\"Show or hide\">";
  for (const std::size_t index : used) {
    const Series& series = view.series()[index];
    out += fmt::format(
        "<button type=\"button\" aria-pressed=\"true\" data-series=\"{}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><g class=\"{}\">{}</g></svg>{}</button>",
        index, series_class(series), mark(series.shape, 8, 8, 5), html(series.name));
  }
  if (!plot.hull.empty()) out += "<span class=\"hull-key\"><i></i>hull of the single models: what a coin toss between two of them reaches</span>";
  return out + "</div>";
}

}  // namespace

std::string mark(Shape shape, double x, double y, double r) {
  switch (shape) {
    case Shape::circle: return fmt::format("<circle class=\"m\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"/>", x, y, r);
    case Shape::square: return fmt::format("<rect class=\"m\" x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{2:.1f}\"/>", x - 0.9 * r, y - 0.9 * r, 1.8 * r);
    case Shape::diamond: return fmt::format("<path class=\"m\" d=\"M{0:.1f} {2:.1f}L{3:.1f} {1:.1f}L{0:.1f} {4:.1f}L{5:.1f} {1:.1f}Z\"/>", x, y, y - 1.25 * r, x + 1.25 * r, y + 1.25 * r, x - 1.25 * r);
    case Shape::triangle: return fmt::format("<path class=\"m\" d=\"M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}H{4:.1f}Z\"/>", x, y - 1.2 * r, x + 1.15 * r, y + 0.9 * r, x - 1.15 * r);
    case Shape::cross: {
      const double a = 1.1 * r;
      const double b = 0.4 * r;
      return fmt::format("<path class=\"m\" d=\"M{0:.1f} {1:.1f}h{2:.1f}v{3:.1f}h{3:.1f}v{2:.1f}h-{3:.1f}v{3:.1f}h-{2:.1f}v-{3:.1f}h-{3:.1f}v-{2:.1f}h{3:.1f}Z\"/>", x - b, y - a, 2 * b, a - b);
    }
    case Shape::star: {
      std::string d;
      for (int i = 0; i < 10; ++i) {
        const double angle = 3.14159265358979 * (i / 5.0 - 0.5);
        const double radius = (i % 2 == 0 ? 1.5 : 0.65) * r;
        d += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", x + radius * std::cos(angle), y + radius * std::sin(angle));
      }
      return "<path class=\"m\" d=\"" + d + "Z\"/>";
    }
  }
  return {};
}

std::string draw(const Plot& plot, const View& view) {
  if (plot.points.empty()) return "<p class=\"muted\">Nothing was scored.</p>";
  const Frame frame(plot);
  std::string out = fmt::format("<figure class=\"plot\"><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><svg viewBox=\"0 0 {1} {2}\" role=\"group\"><title>{0}</title>",
                                html(plot.title), kWidth, kHeight);
  out += axes(frame) + hull_shape(plot.hull, frame);
  for (const PlotLine& line : plot.lines)
    out += fmt::format("<path class=\"curve {}\" data-series=\"{}\" d=\"{}\"/>", series_class(view.series()[line.series]), line.series, path(line.points, frame));

  // Drawn from the back to the front: singles, baselines, upper bounds, policies; the labels of the front get their place first.
  std::vector<const PlotPoint*> order;
  for (const PlotPoint& point : plot.points) order.push_back(&point);
  const auto depth = [&](const PlotPoint* p) {
    const SystemKind kind = view.kind(p->system);
    return (kind == SystemKind::policy ? 3 : kind == SystemKind::oracle ? 2 : kind == SystemKind::baseline ? 1 : 0) - (view.is_minor(p->system) ? 1 : 0);
  };
  std::stable_sort(order.begin(), order.end(), [&](const PlotPoint* a, const PlotPoint* b) { return depth(a) < depth(b); });
  Labels labels;
  for (const PlotPoint* point : order) {
    const std::size_t index = view.series_of(point->system);
    const Series& series = view.series()[index];
    const double x = frame.x(point->cost);
    const double y = frame.y(point->accuracy);
    labels.occupy(x, y, radius_of(view, *point));
    const bool minor = view.is_minor(point->system);
    out += fmt::format("<g class=\"pt {}{}\" data-series=\"{}\" tabindex=\"{}\" role=\"img\" aria-label=\"{}\" data-tip=\"{}\">{}{}</g>", series_class(series),
                       minor ? " small" : "", index, minor ? -1 : 0, html(point->tip), html(point->tip), minor ? "" : whiskers(*point, frame),
                       mark(series.shape, x, y, radius_of(view, *point)));
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it)
    if (!view.is_minor((*it)->system))
      out += labels.place(frame.x((*it)->cost), frame.y((*it)->accuracy), view.label((*it)->system),
                          fmt::format("class=\"label k-{}\" data-series=\"{}\"", to_text(view.kind((*it)->system)), view.series_of((*it)->system)));
  return out + "</svg></div>" + legend(plot, view) + "</figure>";
}

}  // namespace xrouter::eval::report
