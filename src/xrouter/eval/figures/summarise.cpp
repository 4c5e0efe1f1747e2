#include "xrouter/eval/figures/summarise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "xrouter/eval/figures/comparison.hpp"
#include "xrouter/eval/figures/system_figures.hpp"
#include "xrouter/eval/stats/estimators.hpp"

namespace xrouter::eval {
namespace {

std::vector<SubsetFigures> subsets_of(const RunData& data, const TaskSamples& task) {
  std::map<std::string, std::vector<std::size_t>> positions;
  for (std::size_t i = 0; i < task.questions.size(); ++i) positions[data.questions.questions[task.questions[i]].subset].push_back(i);
  std::vector<SubsetFigures> out;
  if (positions.size() < 2) return out;
  for (const auto& [subset, places] : positions) {
    SubsetFigures figures{.subset = subset, .questions = places.size()};
    for (const SystemSamples& samples : task.systems) {
      SubsetFigures::Row row{.system = data.systems[samples.system].id};
      double cost = 0;
      std::size_t count = 0;
      std::size_t silent = 0;
      for (const std::size_t place : places) {
        row.questions += samples.by_question[place].empty() ? 0U : 1U;
        for (const SampleRecord* record : samples.by_question[place]) {
          cost += record->cost.known.to_double();
          silent += record->grade.status == grade::GradeStatus::no_answer ? 1U : 0U;
          ++count;
        }
      }
      row.accuracy = accuracy_of(task, samples, places);
      if (count > 0) row.usd_per_1000 = 1000 * cost / static_cast<double>(count);
      if (count > 0) row.no_answer = static_cast<double>(silent) / static_cast<double>(count);
      figures.rows.push_back(std::move(row));
    }
    out.push_back(std::move(figures));
  }
  return out;
}

std::vector<double> scores_of(const SystemSamples& samples) {
  std::vector<double> out;
  for (const auto& rollouts : samples.by_question) out.push_back(mean_score(rollouts).value_or(-1));
  return out;
}

// Findings that a reader should see before believing the figures.
void add_remarks(Section& section, const RunData& data, const TaskSamples& task) {
  constexpr double kManySilent = 0.10;
  constexpr double kManyTruncated = 0.02;
  constexpr double kFewAgree = 0.95;
  constexpr std::size_t kEnoughToTell = 50;
  const auto add = [&](std::string text) { section.remarks.push_back(std::move(text)); };
  std::size_t labelled = 0;
  std::size_t agrees = 0;
  for (std::size_t s = 0; s < section.systems.size(); ++s) {
    const SystemFigures& figures = section.systems[s];
    const bool single = data.systems[task.systems[s].system].kind == SystemKind::single;
    if (figures.unscored > 0)
      add(fmt::format("{}: {} of {} samples are unscored and left out of the means.", figures.system, figures.unscored, figures.samples));
    if (!figures.cost_complete) add(figures.system + ": some costs are unknown, so its cost is a lower bound.");
    if (!single) continue;
    labelled += figures.labelled;
    agrees += figures.label_agrees;
    if (section.chance > 0 && figures.accuracy.interval.high < section.chance)
      add(figures.system + ": below what guessing gets; look at its replies.");
    if (figures.no_answer > kManySilent)
      add(fmt::format("{}: no answer found in {:.1f} % of its replies.", figures.system, 100 * figures.no_answer));
    if (figures.truncated > kManyTruncated)
      add(fmt::format("{}: {:.1f} % of its answers were cut off.", figures.system, 100 * figures.truncated));
    for (std::size_t other = 0; other < s && figures.questions >= kEnoughToTell; ++other) {
      const bool both = data.systems[task.systems[other].system].kind == SystemKind::single;
      if (both && scores_of(task.systems[s]) == scores_of(task.systems[other]))
        add(figures.system + " and " + section.systems[other].system + " have the same score on every question.");
    }
  }
  if (labelled > 0) {
    const double share = static_cast<double>(agrees) / static_cast<double>(labelled);
    add(fmt::format("Our grades agree with the recorded labels on {:.2f} % of {} replies of single models.", 100 * share, labelled));
    if (share < kFewAgree) add("That is little: compare grades and labels before using these figures.");
  }
}

Section section_of(const RunData& data, const TaskSamples& task, const RunFacts& facts) {
  const BenchmarkSpec& spec = data.questions.benchmarks[task.task].spec;
  Section section{.task = spec.name,
                  .title = spec.title,
                  .domain = spec.domain,
                  .scale = spec.scale,
                  .chance = spec.chance,
                  .questions = task.questions.size()};
  for (const SystemSamples& samples : task.systems)
    section.systems.push_back(figures_of(task, samples, spec, data.systems[samples.system].id));
  section.subsets = subsets_of(data, task);
  compare(section, task, data.systems, {.draws = facts.bootstrap_draws, .seed = facts.seed});
  add_remarks(section, data, task);
  return section;
}

std::vector<OverallRow> overall_of(const Summary& summary) {
  std::vector<OverallRow> out;
  if (summary.sections.size() < 2) return out;
  const double n = static_cast<double>(summary.sections.size());
  for (const SystemText& system : summary.systems) {
    OverallRow row{.system = system.id};
    double squares = 0;
    bool everywhere = true;
    for (const Section& section : summary.sections) {
      const SystemFigures* figures = find_figures(section, system.id);
      everywhere = everywhere && figures && figures->scored > 0;
      if (!everywhere) break;
      row.accuracy.mean += figures->accuracy.mean / n;
      squares += figures->accuracy.standard_error * figures->accuracy.standard_error;
      row.usd_per_1000 += figures->usd_per_1000 / n;
      row.questions += figures->questions;
      row.cost += figures->cost;
    }
    if (!everywhere) continue;
    Estimate& accuracy = row.accuracy;
    accuracy.standard_error = std::sqrt(squares) / n;
    accuracy.interval = {.low = accuracy.mean - stats::kZ95 * accuracy.standard_error,
                         .high = accuracy.mean + stats::kZ95 * accuracy.standard_error};
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Summary summarise(const RunData& data, const RunFacts& facts) {
  Summary out{.program = facts.program,
              .seed = facts.seed,
              .samples = facts.samples,
              .bootstrap_draws = facts.bootstrap_draws,
              .dialect = facts.dialect,
              .config_hash = facts.config_hash,
              .complete = facts.complete,
              .stopped_by = facts.stopped_by,
              .latency_clock = facts.simulated_time ? "simulated" : "real"};
  for (const System& system : data.systems)
    out.systems.push_back({.id = system.id,
                           .label = system.label,
                           .description = system.description,
                           .kind = system.kind,
                           .family = system.family,
                           .dial = system.dial});
  std::set<std::string> graders;
  for (const SampleRecord& record : data.records)
    if (!record.grade.grader.empty()) graders.insert(record.grade.grader);
  out.graders.assign(graders.begin(), graders.end());
  for (const TaskSamples& task : arrange(data)) {
    const BenchmarkUse& use = data.questions.benchmarks[task.task];
    const BenchmarkSpec& spec = use.spec;
    out.benchmarks.push_back({.name = spec.name,
                              .title = spec.title,
                              .domain = spec.domain,
                              .source = spec.source,
                              .licence = spec.licence,
                              .note = spec.note,
                              .split = use.split,
                              .data_hash = use.data_hash,
                              .questions = task.questions.size()});
    out.sections.push_back(section_of(data, task, facts));
  }
  out.overall = overall_of(out);
  return out;
}

}  // namespace xrouter::eval
