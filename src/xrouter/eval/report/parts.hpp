// The parts of the page: each makes one block of HTML from figures. Pure.
#pragma once

#include <string>

#include "xrouter/eval/report/html.hpp"
#include "xrouter/eval/report/view.hpp"

namespace xrouter::eval::report {

/// What came of each judged policy on each benchmark, in sentences.
std::string verdicts(const View& view);
/// Means over all benchmarks; empty with a single one.
std::string overall_table(const View& view);
/// Accuracy, cost and margin over the hull of every system of a benchmark, best first.
std::string headline_table(const Section& section, const View& view);
/// The share of each model in a system's calls, as bars.
std::string share_bars(const Section& section, const View& view);
/// How the answers came about, and how long they took.
std::string behaviour_table(const Section& section, const View& view);
/// Reliability diagrams of the systems that state a confidence.
std::string calibration_plots(const Section& section, const View& view);
/// Against the hull and the best single model, with intervals and the win rule's verdict.
std::string comparison_table(const Section& section, const View& view);
/// AIQ of each curve, and the figures of two-model routers.
std::string curve_table(const Section& section, const View& view);
/// Accuracy by sub-set; empty unless there are several.
std::string subset_table(const Section& section, const View& view);
/// Benchmarks, systems, seeds, graders, hashes.
std::string how_it_was_run(const View& view, const HtmlOptions& options);
/// The browser of single questions: controls, and the questions as JSON.
std::string question_browser(const View& view, const RunData& run, const HtmlOptions& options);

/// A cell that sorts by `order`, whatever it shows.
std::string number_cell(double order, const std::string& content);
/// The first cell of a system's row: name and kind.
std::string system_cell(const View& view, std::string_view system);

/// The inline style sheet and script.
extern const char* const kStyle;
extern const char* const kScript;

}  // namespace xrouter::eval::report
