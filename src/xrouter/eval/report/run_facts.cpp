// The verdicts at the top and the facts at the end of the page.
#include <fmt/format.h>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {
namespace {

std::string sentence(const Section& section, const SystemFigures& f, const View& view) {
  std::string text = fmt::format("<b>{} %</b> right ({}) at <b>${}</b> per 1,000.", percent(f.accuracy.mean), percent_range(f.accuracy.interval), money(f.usd_per_1000));
  if (f.hull)
    text += fmt::format(" {} points over the hull of the single models ({}).", points(f.hull->margin), points_range(f.hull->interval));
  if (f.to_best_single)
    text += fmt::format(" Against {}: {} points at {} % of its cost.", html(view.label(f.to_best_single->against)), points(f.to_best_single->difference), percent(f.to_best_single->cost_ratio));
  const bool wins = f.hull && f.hull->wins;
  const bool loses = f.hull && f.hull->interval.high < 0;
  const char* badge = !f.hull ? "" : wins ? "<span class=\"verdict good\">\xE2\x9C\x93 wins</span>" : loses ? "<span class=\"verdict bad\">\xE2\x9C\x97 loses</span>" : "<span class=\"verdict open\">\xE2\x89\x88 not decided</span>";
  return fmt::format("<li class=\"card\"><div class=\"card-head\"><span>{}</span>{}</div><h3>{}</h3><p>{}</p></li>", html(section.title), badge, html(view.label(f.system)), text);
}

std::string fact(std::string_view name, std::string_view value) { return fmt::format("<dt>{}</dt><dd>{}</dd>", html(name), html(value)); }

std::string benchmarks(const Summary& summary) {
  std::string out = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Benchmarks\"><table><caption>Benchmarks</caption><thead><tr><th>Name</th><th>Domain</th><th>Split</th><th class=\"num\">Questions</th><th>Source</th><th>Licence</th><th>Data hash</th></tr></thead><tbody>";
  for (const BenchmarkText& b : summary.benchmarks)
    out += fmt::format("<tr><th scope=\"row\" title=\"{}\">{}</th><td>{}</td><td>{}</td><td class=\"num\">{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>", html(b.note),
                       html(b.title), html(b.domain), html(b.split), b.questions, html(b.source), html(b.licence), html(b.data_hash));
  out += "</tbody></table></div>";
  for (const BenchmarkText& b : summary.benchmarks)
    if (!b.note.empty()) out += fmt::format("<p class=\"muted\"><b>{}:</b> {}</p>", html(b.title), html(b.note));
  return out;
}

std::string systems(const View& view) {
  std::string out = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Systems\"><table><caption>Systems</caption><thead><tr><th>System</th><th>Id</th><th>What it does</th></tr></thead><tbody>";
  for (const SystemText& system : view.summary().systems)
    out += fmt::format("<tr class=\"{}\">{}<td><code>{}</code></td><td>{}</td></tr>", system_class(view, system.id), system_cell(view, system.id), html(system.id), html(system.description));
  return out + "</tbody></table></div>";
}

}  // namespace

std::string verdicts(const View& view) {
  std::string cards;
  for (const Section& section : view.summary().sections)
    for (const SystemFigures& figures : section.systems)
      if (view.kind(figures.system) == SystemKind::policy && !view.is_minor(figures.system) && figures.scored > 0) cards += sentence(section, figures, view);
  return cards.empty() ? "" : "<ul class=\"cards\">" + cards + "</ul>";
}

std::string how_it_was_run(const View& view, const HtmlOptions& options) {
  const Summary& summary = view.summary();
  std::string out = "<dl class=\"facts\">";
  out += fact("Program", summary.program) + fact("Seed", fmt::format("{}", summary.seed)) + fact("Samples a question", fmt::format("{}", summary.samples));
  out += fact("Bootstrap draws", fmt::format("{}", summary.bootstrap_draws)) + fact("Grading dialect", summary.dialect) + fact("Configuration hash", summary.config_hash);
  out += fact("Clock of the latencies", summary.latency_clock);
  std::string graders;
  for (const std::string& grader : summary.graders) graders += (graders.empty() ? "" : ", ") + grader;
  out += fact("Graders", graders);
  for (const auto& [name, value] : options.manifest) out += fact(name, value);
  return out + "</dl>" + benchmarks(summary) + systems(view);
}

}  // namespace xrouter::eval::report
