// Shares per model and calibration.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {
namespace {

constexpr double kLabelledShare = 0.07;  // narrower segments have no room for their number

std::string bar_of(const SystemFigures& figures, const View& view) {
  std::string segments;
  std::string words;
  for (const auto& [model, share] : figures.behaviour.models) {
    if (share <= 0) continue;
    segments += fmt::format("<span class=\"m{}\" style=\"flex-grow:{:.4f}\" data-tip=\"{}\">{}</span>", view.model_colour(model), share,
                            html(fmt::format("{}\n{}: {} % of its calls", view.label(figures.system), model, percent(share))),
                            share >= kLabelledShare ? fmt::format("{:.0f}", 100 * share) : "");
    words += fmt::format("{}{} {} %", words.empty() ? "" : ", ", model, percent(share));
  }
  return fmt::format("<div class=\"bar-row {}\"><span class=\"bar-name\">{}</span><span class=\"bar\" role=\"img\" aria-label=\"{}\">{}</span><span class=\"bar-end\">{:.2f} calls</span></div>",
                     system_class(view, figures.system), html(view.label(figures.system)), html(words), segments, figures.behaviour.calls_per_query);
}

std::string model_legend(const Section& section, const View& view) {
  std::vector<std::string> models;
  for (const SystemFigures& figures : section.systems) {
    if (view.kind(figures.system) == SystemKind::single) continue;
    for (const auto& [model, share] : figures.behaviour.models)
      if (share > 0 && std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
  }
  std::stable_sort(models.begin(), models.end(), [&](const auto& a, const auto& b) { return view.model_colour(a) < view.model_colour(b); });
  std::string out = "<p class=\"model-legend\">";
  for (const std::string& model : models) out += fmt::format("<span><i class=\"m{}\"></i>{}</span> ", view.model_colour(model), html(model));
  return out + "</p>";
}

std::string reliability(const SystemFigures& figures, const View& view) {
  const CalibrationFigures& calibration = figures.calibration;
  constexpr double kSide = 200;
  constexpr double kEdge = 26;
  const auto x = [](double v) { return kEdge + kSide * v; };
  const auto y = [](double v) { return 8 + kSide * (1 - v); };
  std::size_t most = 1;
  for (const CalibrationBin& bin : calibration.bins) most = std::max(most, bin.samples);
  std::string marks;
  for (const CalibrationBin& bin : calibration.bins) {
    if (bin.samples == 0) continue;
    const double share = static_cast<double>(bin.samples) / static_cast<double>(most);
    marks += fmt::format("<g data-tip=\"{}\"><rect class=\"count\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/><path class=\"gap\" d=\"M{:.1f} {:.1f}V{:.1f}\"/><circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"/></g>",
                         html(fmt::format("stated {} %\nright {} %\n{} answers", percent(bin.confidence), percent(bin.accuracy), bin.samples)), x(bin.low) + 1,
                         y(0) - 44 * share, kSide * (bin.high - bin.low) - 2, 44 * share, x(bin.confidence), y(bin.confidence), y(bin.accuracy), x(bin.confidence),
                         y(bin.accuracy), 1.8 + 3.6 * std::sqrt(share));
  }
  std::string axes;
  for (const double tick : {0.0, 0.5, 1.0})
    axes += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.0f}</text><text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{:.0f}</text>", x(tick), y(0) + 14, 100 * tick,
                        kEdge - 4, y(tick) + 4, 100 * tick);
  return fmt::format("<figure class=\"reliability {}\"><figcaption><b>{}</b><br><small>ECE {} points, Brier {:.3f}, {} answers</small></figcaption>"
                     "<svg viewBox=\"0 0 236 240\" role=\"img\" aria-label=\"Reliability of the confidence of {}: expected calibration error {} points\"><rect class=\"box\" x=\"{}\" y=\"8\" width=\"{}\" height=\"{}\"/>"
                     "<path class=\"ideal\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/><g class=\"axes\">{}<text class=\"axis\" x=\"{:.0f}\" y=\"238\" text-anchor=\"middle\">stated confidence, %</text></g>{}</svg></figure>",
                     system_class(view, figures.system), html(view.label(figures.system)), percent(calibration.expected_error), calibration.brier, calibration.samples,
                     html(view.label(figures.system)), percent(calibration.expected_error), kEdge, kSide, kSide, x(0), y(0), x(1), y(1), axes, x(0.5), marks);
}

}  // namespace

std::string share_bars(const Section& section, const View& view) {
  std::string rows;
  for (const SystemFigures& figures : section.systems) {
    if (view.kind(figures.system) == SystemKind::single || figures.behaviour.models.empty()) continue;
    rows += bar_of(figures, view);
  }
  if (rows.empty()) return {};
  return "<h3>Which models were called</h3>" + model_legend(section, view) + "<div class=\"bars\">" + rows + "</div>";
}

std::string calibration_plots(const Section& section, const View& view) {
  std::string figures;
  for (const SystemFigures& one : section.systems)
    if (!one.calibration.bins.empty() && view.kind(one.system) != SystemKind::oracle) figures += reliability(one, view);
  if (figures.empty()) return {};
  return "<h3>Does stated confidence come true?</h3><p class=\"muted\">Each dot is a tenth of the scale: how often answers of that confidence were right. On the diagonal the "
         "confidence is honest, below it boasts. Dots and grey bars grow with the number of answers: a small dot is mostly chance.</p><div class=\"reliabilities\">" + figures + "</div>";
}

}  // namespace xrouter::eval::report
