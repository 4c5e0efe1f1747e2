#include "xrouter/trainer/record/line_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "xrouter/eval/report/escape.hpp"

namespace xrouter::trainer {
namespace {

using eval::report::html;

constexpr double kWidth = 520, kHeight = 250;
constexpr double kLeft = 54, kRight = 10, kTop = 18, kBottom = 28;
constexpr std::size_t kMostLines = 10;
constexpr std::size_t kMostPoints = 320;  // of a line: more than the chart has columns to tell apart
constexpr std::size_t kTips = 48;
constexpr std::size_t kNoisyFrom = 24;  // shorter lines are drawn as they are

struct Range {
  double low = 0, high = 1;
};

std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points) {
  if (points.size() <= kMostPoints) return points;
  std::vector<ChartPoint> out;
  for (std::size_t c = 0; c < kMostPoints; ++c) {
    const std::size_t from = c * points.size() / kMostPoints, to = (c + 1) * points.size() / kMostPoints;
    ChartPoint mean;
    for (std::size_t i = from; i < to; ++i) mean.step += points[i].step, mean.value += points[i].value;
    const auto n = static_cast<double>(to - from);
    out.push_back({mean.step / n, mean.value / n});
  }
  return out;
}

// Mean over a window around each point, cut at the ends.
std::vector<ChartPoint> smoothed(const std::vector<ChartPoint>& points) {
  const std::size_t reach = std::max<std::size_t>(points.size() / 40, 1);
  std::vector<ChartPoint> out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t from = i - std::min(reach, i), to = std::min(i + reach + 1, points.size());
    double sum = 0;
    for (std::size_t j = from; j < to; ++j) sum += points[j].value;
    out.push_back({points[i].step, sum / static_cast<double>(to - from)});
  }
  return out;
}

double tick_step(double range, int most) {
  const double decade = std::pow(10.0, std::floor(std::log10(range / most)));
  for (const double digit : {1.0, 2.0, 5.0, 10.0})
    if (range / (digit * decade) <= most) return digit * decade;
  return 10 * decade;
}

class Frame {
 public:
  Frame(Range steps, Range values) : steps_(steps), values_(values) {}
  double x(double step) const { return kLeft + (step - steps_.low) / (steps_.high - steps_.low) * (kWidth - kLeft - kRight); }
  double y(double value) const { return kTop + (values_.high - value) / (values_.high - values_.low) * (kHeight - kTop - kBottom); }

  std::string axes(ChartUnit unit) const {
    std::string out = "<g class=\"axes\">";
    const double dy = tick_step(values_.high - values_.low, 5);
    for (double i = std::ceil(values_.low / dy - 1e-9); i * dy <= values_.high + 1e-9 * dy; ++i) {
      const double value = i == 0 ? 0 : i * dy;  // never "-0"
      out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                         kLeft, kWidth - kRight, y(value), y(value), kLeft - 5, y(value) + 4, value_text(value, unit));
    }
    const double dx = std::max(tick_step(steps_.high - steps_.low, 6), 1.0);
    for (double step = std::ceil(steps_.low / dx) * dx; step <= steps_.high; step += dx)
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.0f}</text>", x(step), kHeight - kBottom + 16, step);
    return out + "</g>";
  }

  std::string path(const std::vector<ChartPoint>& points) const {
    std::string out;
    for (const ChartPoint& point : points) out += fmt::format("{}{:.1f} {:.1f}", out.empty() ? "M" : "L", x(point.step), y(point.value));
    return out;
  }

 private:
  Range steps_, values_;
};

Range step_range(const std::vector<ChartLine>& lines) {
  Range range{1e300, -1e300};
  for (const ChartLine& line : lines)
    range.low = std::min(range.low, line.points.front().step), range.high = std::max(range.high, line.points.back().step);
  if (range.high <= range.low) range.high = range.low + 1;
  return range;
}

// Single outliers of a spiky curve would flatten everything else: the outermost hundredth may leave the frame.
Range value_range(const std::vector<ChartLine>& lines, ChartUnit unit) {
  std::vector<double> values;
  for (const ChartLine& line : lines)
    for (const ChartPoint& point : thinned(line.points)) values.push_back(point.value);
  std::sort(values.begin(), values.end());
  const std::size_t outer = values.size() / 100;
  Range range{values[outer], values[values.size() - 1 - outer]};
  const double margin =
      std::max(0.06 * (range.high - range.low), range.high == range.low ? std::max(std::abs(range.high) * 0.1, 1e-9) : 0.0);
  const bool touches_zero = range.low >= 0 && range.low < 0.35 * range.high;
  range.low = touches_zero ? 0 : range.low - margin;
  range.high += margin;
  if (unit == ChartUnit::share) range.high = std::min(range.high, std::max(1.0, range.low + margin));
  return range;
}

double mean_of(const ChartLine& line) {
  double sum = 0;
  for (const ChartPoint& point : line.points) sum += point.value;
  return sum / static_cast<double>(line.points.size());
}

// Of a stack, whose lines may begin late and have gaps: every line at every step.
std::vector<ChartLine> aligned(const std::vector<ChartLine>& lines) {
  std::set<double> steps;
  for (const ChartLine& line : lines)
    for (const ChartPoint& point : line.points) steps.insert(point.step);
  std::vector<ChartLine> out;
  for (const ChartLine& line : lines) {
    std::map<double, double> values;
    for (const ChartPoint& point : line.points) values[point.step] = point.value;
    ChartLine whole{.name = line.name, .points = {}};
    for (const double step : steps) whole.points.push_back({step, values.contains(step) ? values[step] : 0});
    out.push_back(std::move(whole));
  }
  return out;
}

struct Chosen {
  std::vector<ChartLine> lines;
  std::size_t left_out = 0;
};

Chosen choose(const LineChart& chart) {
  Chosen chosen{.lines = chart.lines, .left_out = 0};
  std::erase_if(chosen.lines, [](const ChartLine& line) { return line.points.empty(); });
  if (chart.stacked) chosen.lines = aligned(chosen.lines);
  const bool too_many = chosen.lines.size() > kMostLines;
  if (chart.stacked || too_many)
    std::stable_sort(chosen.lines.begin(), chosen.lines.end(),
                     [](const ChartLine& a, const ChartLine& b) { return mean_of(a) > mean_of(b); });
  if (!too_many) return chosen;
  if (!chart.stacked) {
    chosen.left_out = chosen.lines.size() - kMostLines;
    chosen.lines.resize(kMostLines);
    return chosen;
  }
  ChartLine others = std::move(chosen.lines[kMostLines]);
  others.name = fmt::format("{} others", chosen.lines.size() - kMostLines);
  for (std::size_t i = kMostLines + 1; i < chosen.lines.size(); ++i)
    for (std::size_t p = 0; p < others.points.size(); ++p) others.points[p].value += chosen.lines[i].points[p].value;
  chosen.lines.resize(kMostLines);
  chosen.lines.push_back(std::move(others));
  return chosen;
}

std::string stage_bands(const std::vector<StageSpan>& stages, Range steps, const Frame& frame) {
  std::string out;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const double from = std::max(static_cast<double>(stages[i].from), steps.low),
                 to = std::min(static_cast<double>(stages[i].to), steps.high);
    if (to < from || (from <= steps.low && to >= steps.high)) continue;  // elsewhere, or all there is
    out += fmt::format("<rect class=\"stage{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>", i % 2, frame.x(from), kTop,
                       std::max(frame.x(to) - frame.x(from), 0.5), kHeight - kTop - kBottom);
    if (frame.x(to) - frame.x(from) > 7.0 * static_cast<double>(stages[i].name.size()))
      out += fmt::format("<text class=\"stage-name\" x=\"{:.1f}\" y=\"{}\">{}</text>", frame.x(from) + 3, kTop - 5, html(stages[i].name));
  }
  return out;
}

std::string plain_lines(const std::vector<ChartLine>& lines, const Frame& frame) {
  std::string faint, strong;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto points = thinned(lines[i].points);
    const bool noisy = points.size() >= kNoisyFrom;
    if (noisy) faint += fmt::format("<path class=\"raw c{0}\" data-series=\"{0}\" d=\"{1}\"/>", i, frame.path(points));
    strong += fmt::format("<path class=\"curve c{0}\" data-series=\"{0}\" d=\"{1}\"/>", i, frame.path(noisy ? smoothed(points) : points));
    if (points.size() == 1)
      strong += fmt::format("<circle class=\"m c{0}\" data-series=\"{0}\" cx=\"{1:.1f}\" cy=\"{2:.1f}\" r=\"3\"/>", i,
                            frame.x(points[0].step), frame.y(points[0].value));
  }
  return faint + strong;
}

std::string stacked_lines(const std::vector<ChartLine>& lines, const Frame& frame) {
  std::string out;
  std::vector<ChartPoint> below;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto top = thinned(lines[i].points);
    if (below.empty())
      for (const ChartPoint& point : top) below.push_back({point.step, 0});
    for (std::size_t p = 0; p < top.size(); ++p) top[p].value += below[p].value;
    std::string back;
    for (auto point = below.rbegin(); point != below.rend(); ++point)
      back += fmt::format("L{:.1f} {:.1f}", frame.x(point->step), frame.y(point->value));
    out += fmt::format("<path class=\"area f{}\" d=\"{}{}Z\"/>", std::min<std::size_t>(i, kMostLines), frame.path(top), back);
    below = std::move(top);
  }
  return out;
}

// Invisible columns over the chart that tell the values below them.
std::string tips(const std::vector<ChartLine>& lines, Range steps, const Frame& frame, ChartUnit unit) {
  std::size_t most = 0;
  for (const ChartLine& line : lines) most = std::max(most, line.points.size());
  const std::size_t columns = std::min(kTips, most);
  const double width = (steps.high - steps.low) / static_cast<double>(columns);
  std::string out;
  for (std::size_t c = 0; c < columns; ++c) {
    const double centre = steps.low + (static_cast<double>(c) + 0.5) * width;
    std::string text;
    for (const ChartLine& line : lines) {
      const auto nearest = std::min_element(line.points.begin(), line.points.end(), [&](const ChartPoint& a, const ChartPoint& b) {
        return std::abs(a.step - centre) < std::abs(b.step - centre);
      });
      if (std::abs(nearest->step - centre) > std::max(width, 1.0)) continue;
      if (text.empty()) text = fmt::format("step {:.0f}", nearest->step);
      text += fmt::format("\n{} {}", line.name, value_text(nearest->value, unit));
    }
    if (text.empty()) continue;
    const double from = frame.x(centre - width / 2), to = frame.x(centre + width / 2);
    out += fmt::format("<rect class=\"tip\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" data-tip=\"{}\"/>", from, kTop, to - from,
                       kHeight - kTop - kBottom, html(text));
  }
  return out;
}

std::string legend(const std::vector<ChartLine>& lines, bool stacked) {
  if (lines.size() < 2) return {};
  if (stacked) {
    std::string out = "<p class=\"model-legend\">";
    for (std::size_t i = 0; i < lines.size(); ++i)
      out += fmt::format("<span><i class=\"m{}\"></i>{}</span> ", std::min<std::size_t>(i, kMostLines), html(lines[i].name));
    return out + "</p>";
  }
  std::string out = "<div class=\"legend\" role=\"group\" aria-label=\"Show or hide\">";
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += fmt::format(
        "<button type=\"button\" aria-pressed=\"true\" data-series=\"{0}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path "
        "class=\"curve c{0}\" d=\"M1 8H15\"/></svg>{1}</button>",
        i, html(lines[i].name));
  return out + "</div>";
}

Range stack_range(const std::vector<ChartLine>& lines) {
  double most = 0;
  for (std::size_t p = 0; p < lines.front().points.size(); ++p) {
    double sum = 0;
    for (const ChartLine& line : lines) sum += line.points[p].value;
    most = std::max(most, sum);
  }
  return {0, most > 0 ? most : 1};
}

}  // namespace

std::string value_text(double value, ChartUnit unit) {
  const double size = std::abs(value);
  switch (unit) {
    case ChartUnit::share:
      return fmt::format("{:.3g} %", 100 * value);
    case ChartUnit::usd:
      return fmt::format("${:.3g}", value);
    case ChartUnit::seconds:
      return fmt::format("{:.3g} s", value);
    case ChartUnit::bytes:
      return size >= 1e9 ? fmt::format("{:.3g} GB", value / 1e9) : fmt::format("{:.3g} MB", value / 1e6);
    case ChartUnit::number:
      break;
  }
  return size >= 1e6   ? fmt::format("{:.3g}M", value / 1e6)
         : size >= 1e4 ? fmt::format("{:.3g}k", value / 1e3)
                       : fmt::format("{:.3g}", value);
}

std::string draw(const LineChart& chart, const std::vector<StageSpan>& stages) {
  const Chosen chosen = choose(chart);
  if (chosen.lines.empty()) return {};
  const Range steps = step_range(chosen.lines);
  const Frame frame(steps, chart.stacked ? stack_range(chosen.lines) : value_range(chosen.lines, chart.unit));
  std::string note = chart.note;
  if (chosen.left_out > 0) note += fmt::format("{}{} more with smaller values are not drawn.", note.empty() ? "" : " ", chosen.left_out);
  std::string out = fmt::format(
      "<figure class=\"chart\"><figcaption><b>{0}</b>{1}</figcaption><svg viewBox=\"0 0 {2} {3}\" role=\"img\" aria-label=\"{0} over the "
      "steps\"><g>",
      html(chart.title), note.empty() ? "" : "<br><small>" + html(note) + "</small>", kWidth, kHeight);
  const std::string clip = fmt::format("<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\">", kLeft, kTop,
                                       kWidth - kLeft - kRight, kHeight - kTop - kBottom);
  out += stage_bands(stages, steps, frame) + frame.axes(chart.unit);
  out += clip + (chart.stacked ? stacked_lines(chosen.lines, frame) : plain_lines(chosen.lines, frame)) + "</svg>";
  return out + tips(chosen.lines, steps, frame, chart.unit) + "</g></svg>" + legend(chosen.lines, chart.stacked) + "</figure>";
}

const char* const kChartStyle = R"css(
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:18px 28px;margin-top:14px}
.chart{margin:0}.chart figcaption{line-height:1.35}.chart svg{display:block;width:100%;height:auto;font-size:12px}.chart>svg{margin-top:4px}.chart svg svg{overflow:hidden}
.chart .legend svg{width:16px;height:16px;margin:0}.legend .curve{stroke-width:3;opacity:1}
.raw{fill:none;stroke:var(--s);stroke-width:1;opacity:.28;stroke-linejoin:round}.c8{--s:var(--m8)}.c9{--s:var(--m9)}
.stage0{fill:var(--card)}.stage1{fill:var(--grid);opacity:.55}.stage-name{fill:var(--soft);font-size:11px}
.tip{fill:transparent}.tip:hover{fill:var(--ink);opacity:.07}
.area{stroke:var(--bg);stroke-width:.6}.f0{fill:var(--m0)}.f1{fill:var(--m1)}.f2{fill:var(--m2)}.f3{fill:var(--m3)}.f4{fill:var(--m4)}.f5{fill:var(--m5)}.f6{fill:var(--m6)}.f7{fill:var(--m7)}.f8{fill:var(--m8)}.f9{fill:var(--m9)}.f10{fill:var(--m10)}
.notes{font-size:.9em}.notes time{color:var(--soft);font-variant-numeric:tabular-nums}
)css";

}  // namespace xrouter::trainer
