// Curves over the steps of a run as SVG, in the look of the evaluation's page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xrouter::trainer {

struct ChartPoint {
  double step = 0;
  double value = 0;
};

struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;  ///< ascending by step
};

enum class ChartUnit { number, share, usd, seconds, bytes };

struct LineChart {
  std::string title;
  std::string note = {};  ///< a sentence below the title
  ChartUnit unit = ChartUnit::number;
  bool stacked = false;  ///< values add up; otherwise each is a line of its own, noisy ones with a smoothed one
  std::vector<ChartLine> lines = {};
};

/// Steps that belong together, drawn as a band behind the curves.
struct StageSpan {
  std::string name;
  std::int64_t from = 0, to = 0;
};

/// A figure; empty when no line has a point. At most 10 lines are drawn apart: of more, the ones with the smallest mean
/// are summed up as "others" when stacked, and left out when not, which the figure says.
std::string draw(const LineChart& chart, const std::vector<StageSpan>& stages);

/// "84.2 %", "$0.35", "1.2 GB".
std::string value_text(double value, ChartUnit unit);

extern const char* const kChartStyle;

}  // namespace xrouter::trainer
