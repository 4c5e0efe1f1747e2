// The HTML page of a run: one file that needs nothing else, for people.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/eval/run_data.hpp"
#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// What bounds the browser of single questions, and so the page. Everything left out is said on the page.
struct HtmlOptions {
  std::size_t max_questions = 300;        ///< evenly spaced over each benchmark, each benchmark the same share
  std::size_t max_prompt_bytes = 3'000;   ///< longer texts are cut and say so
  std::size_t max_answer_bytes = 2'000;
  std::size_t max_browser_bytes = 8 << 20;
  /// Further facts for "How it was run": name and value, in order.
  std::vector<std::pair<std::string, std::string>> manifest = {};
};

/// A complete page: styles, plots (SVG) and a little script are inside, nothing is loaded from anywhere. Texts of
/// models, benchmarks and catalogue are escaped wherever they go. Equal inputs give equal bytes. Pure.
std::string render_html(const Summary& summary, const RunData& run, const HtmlOptions& options = {});

}  // namespace xrouter::eval
