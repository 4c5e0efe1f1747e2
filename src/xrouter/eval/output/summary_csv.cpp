#include <fmt/format.h>

#include <algorithm>

#include "xrouter/eval/output/summary_json.hpp"

namespace xrouter::eval {
namespace {

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string number(double value) { return fmt::format("{:.6g}", value); }
std::string number(std::size_t value) { return std::to_string(value); }

// The same columns for whole benchmarks and sub-sets; what a sub-set has no figure for stays empty.
constexpr std::string_view kHeading =
    "benchmark,subset,system,kind,dial,questions,scored,unscored,accuracy,accuracy_low,accuracy_high,usd_per_1000,usd_per_right,no_answer,"
    "truncated,failed,"
    "latency_p50_ms,latency_p95_ms,direct,selected,synthesised,calls_per_query,hull_margin,hull_margin_low,hull_margin_high,wins,"
    "to_best_single,to_best_single_low,to_best_single_high,regret,arena_score,cost_utility";

void line(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : ",") + cell(cells[i]);
  out += "\r\n";
}

std::vector<std::string> head(const Summary& summary, const std::string& benchmark, const std::string& subset, const std::string& system) {
  const SystemText* text = find_system(summary, system);
  const std::string kind = text ? std::string(to_text(text->kind)) : "";
  return {benchmark, subset, system, kind, text && text->dial ? number(*text->dial) : ""};
}

std::vector<std::string> row_of(const Summary& summary, const Section& section, const SystemFigures& f) {
  std::vector<std::string> out = head(summary, section.task, "all", f.system);
  for (std::string value :
       {number(f.questions), number(f.scored), number(f.unscored), number(f.accuracy.mean), number(f.accuracy.interval.low),
        number(f.accuracy.interval.high), number(f.usd_per_1000), f.usd_per_right ? number(*f.usd_per_right) : "", number(f.no_answer),
        number(f.truncated), number(f.failed), number(f.latency.p50_ms), number(f.latency.p95_ms), number(f.behaviour.direct),
        number(f.behaviour.selected), number(f.behaviour.synthesised), number(f.behaviour.calls_per_query)})
    out.push_back(std::move(value));
  const auto three = [&](double middle, const Interval& interval) {
    for (const double value : {middle, interval.low, interval.high}) out.push_back(number(value));
  };
  const auto none = [&] { out.insert(out.end(), 3, std::string()); };
  f.hull ? three(f.hull->margin, f.hull->interval) : none();
  out.push_back(f.hull ? (f.hull->wins ? "1" : "0") : "");
  f.to_best_single ? three(f.to_best_single->difference, f.to_best_single->interval) : none();
  out.push_back(f.regret ? number(f.regret->accuracy) : "");
  out.push_back(number(f.arena_score));
  out.push_back(f.cost_utility ? number(*f.cost_utility) : "");
  return out;
}

}  // namespace

std::string summary_csv(const Summary& summary) {
  const auto columns = static_cast<std::size_t>(std::count(kHeading.begin(), kHeading.end(), ',')) + 1;
  std::string out(kHeading);
  out += "\r\n";
  for (const Section& section : summary.sections) {
    for (const SystemFigures& figures : section.systems) line(out, row_of(summary, section, figures));
    for (const SubsetFigures& subset : section.subsets)
      for (const SubsetFigures::Row& row : subset.rows) {
        std::vector<std::string> cells = head(summary, section.task, subset.subset, row.system);
        for (std::string value :
             {number(row.questions), std::string(), std::string(), number(row.accuracy.mean), number(row.accuracy.interval.low),
              number(row.accuracy.interval.high), number(row.usd_per_1000), std::string(), number(row.no_answer)})
          cells.push_back(std::move(value));
        cells.resize(columns);
        line(out, cells);
      }
  }
  return out;
}

}  // namespace xrouter::eval
