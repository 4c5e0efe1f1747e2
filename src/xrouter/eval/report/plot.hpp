// Accuracy against cost as SVG, drawn when the page is made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/eval/report/view.hpp"

namespace xrouter::eval::report {

struct PlotPoint {
  std::string system;   ///< id
  double cost = 0;      ///< USD per 1,000 questions
  double accuracy = 0;
  std::optional<Interval> accuracy_interval = {};
  std::optional<Interval> cost_interval = {};
  std::string tip;      ///< lines of plain text
};

struct PlotLine {
  std::size_t series = 0;
  std::vector<CurvePoint> points = {};
};

struct Plot {
  std::string title;    ///< for those who cannot see it
  std::vector<PlotPoint> points = {};
  std::vector<PlotLine> lines = {};
  std::vector<CurvePoint> hull = {};  ///< of the single models
};

/// Cost on a logarithmic axis; 0 is drawn at the left edge. With a legend whose entries hide and show their series.
std::string draw(const Plot& plot, const View& view);

/// The plot of one benchmark.
Plot plot_of(const Section& section, const View& view);
/// The plot of the means over all benchmarks.
Plot overall_plot(const View& view);

/// Marks for plots and legends: the shape's outline around (x, y).
std::string mark(Shape shape, double x, double y, double radius);

}  // namespace xrouter::eval::report
