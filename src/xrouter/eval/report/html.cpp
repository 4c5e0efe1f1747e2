#include "xrouter/eval/report/html.hpp"

#include <fmt/format.h>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/page.hpp"
#include "xrouter/eval/report/parts.hpp"
#include "xrouter/eval/report/plot.hpp"

namespace xrouter::eval {
namespace {

using namespace report;

std::string anchor_of(std::size_t section) { return fmt::format("benchmark-{}", section + 1); }

std::string navigation(const Summary& summary) {
  std::string out = "<nav aria-label=\"Sections\"><a href=\"#overview\">Overview</a>";
  for (std::size_t i = 0; i < summary.sections.size(); ++i) out += fmt::format("<a href=\"#{}\">{}</a>", anchor_of(i), html(summary.sections[i].title));
  return out + "<a href=\"#questions\">Single questions</a><a href=\"#run\">How it was run</a></nav>";
}

std::string header(const View& view) {
  const Summary& summary = view.summary();
  std::size_t questions = 0;
  for (const Section& section : summary.sections) questions += section.questions;
  std::string out = fmt::format("<header>{}<p class=\"muted\">{} \xC2\xB7 {} questions of {} benchmarks \xC2\xB7 {} systems \xC2\xB7 seed {}</p>",
                                page_heading("Router evaluation"), html(summary.program), questions, summary.sections.size(), summary.systems.size(), summary.seed);
  if (!summary.complete)
    out += fmt::format("<p class=\"notice\" role=\"status\"><b>This run is not complete</b> (stopped by: {}). Figures cover what was answered.</p>", html(summary.stopped_by));
  return out + navigation(summary) + "</header>";
}

std::string minor_switch(const View& view) {
  if (view.minor_count() == 0) return {};
  return fmt::format("<label class=\"switch\"><input type=\"checkbox\" id=\"show-minor\"> Tables and charts also show the {} other points of the curves</label>", view.minor_count());
}

std::string details(std::string_view title, const std::string& content, bool open = false) {
  return content.empty() ? "" : fmt::format("<details{}><summary>{}</summary>{}</details>", open ? " open" : "", title, content);
}

std::string section_block(const Section& section, std::size_t index, const View& view) {
  std::string out = fmt::format("<section id=\"{}\"><h2>{}</h2><p class=\"muted\">{} questions \xC2\xB7 {}{}</p>", anchor_of(index), html(section.title), section.questions, html(section.domain),
                                section.chance > 0 ? fmt::format(" \xC2\xB7 guessing gets {:.0f} %", 100 * section.chance) : "");
  if (!section.remarks.empty()) {
    out += "<ul class=\"notice\">";
    for (const std::string& remark : section.remarks) out += "<li>" + html(remark) + "</li>";
    out += "</ul>";
  }
  out += draw(plot_of(section, view), view) + headline_table(section, view);
  out += details("Paired comparisons and the win rule", comparison_table(section, view), true);
  out += share_bars(section, view) + calibration_plots(section, view);
  out += details("Behaviour, failures and latency", behaviour_table(section, view));
  out += details("By sub-set", subset_table(section, view));
  out += details("Whole curves: AIQ and two-model figures", curve_table(section, view));
  return out + "</section>";
}

std::string overview(const View& view) {
  std::string out = "<section id=\"overview\"><h2>Overview</h2>" + verdicts(view);
  if (!view.summary().overall.empty()) out += draw(overall_plot(view), view) + overall_table(view);
  return out + minor_switch(view) + "</section>";
}

}  // namespace

std::string render_html(const Summary& summary, const RunData& run, const HtmlOptions& options) {
  const View view(summary);
  std::string out = page_begin("Router evaluation", "overview") + header(view) + "<main>" + overview(view);
  for (std::size_t i = 0; i < summary.sections.size(); ++i) out += section_block(summary.sections[i], i, view);
  out += "<section id=\"questions\"><h2>Single questions</h2>" + question_browser(view, run, options) + "</section>";
  out += "<section id=\"run\"><h2>How it was run</h2>" + how_it_was_run(view, options) + "</section>";
  return out + "</main>" + page_end();
}

}  // namespace xrouter::eval
