#include "xrouter/eval/figures/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "xrouter/eval/figures/curves.hpp"
#include "xrouter/eval/figures/pairs.hpp"
#include "xrouter/eval/stats/estimators.hpp"

namespace xrouter::eval {
namespace {

using Members = std::vector<std::size_t>;  // indices into Paired::members

struct Comparing {
  Section& section;
  const TaskSamples& task;
  const std::vector<System>& systems;
  const Paired& paired;
  std::vector<double> means;

  SystemFigures& figures(std::size_t member) { return section.systems[paired.members[member]]; }
  const System& system(std::size_t member) const { return systems[task.systems[paired.members[member]].system]; }
  double accuracy(std::size_t member) const { return means[Paired::score(member)]; }
  double cost(std::size_t member) const { return means[Paired::cost(member)]; }
};

std::vector<stats::Point> points_of(const Members& members, std::span<const double> means) {
  std::vector<stats::Point> out;
  for (const std::size_t member : members) out.push_back({.cost = means[Paired::cost(member)], .quality = means[Paired::score(member)]});
  return out;
}

void mark_front(Comparing& at) {
  for (std::size_t a = 0; a < at.paired.members.size(); ++a) {
    bool beaten = at.system(a).kind == SystemKind::oracle;
    for (std::size_t b = 0; b < at.paired.members.size() && !beaten; ++b) {
      if (b == a || at.system(b).kind == SystemKind::oracle) continue;
      const bool no_worse = at.cost(b) <= at.cost(a) && at.accuracy(b) >= at.accuracy(a);
      beaten = no_worse && (at.cost(b) < at.cost(a) || at.accuracy(b) > at.accuracy(a));
    }
    at.figures(a).on_front = !beaten;
  }
}

// What one system had in each draw.
struct Draws {
  std::vector<double> margins;
  std::vector<double> differences;
  std::vector<double> costs;
};

std::vector<Draws> draw(const Comparing& at, const Members& singles, std::optional<std::size_t> best, const CompareOptions& options) {
  std::vector<Draws> out(at.paired.members.size());
  stats::bootstrap(at.paired.table, at.paired.clusters, options.draws, options.seed, [&](std::span<const double> means) {
    const std::vector<stats::Point> hull = stats::non_decreasing_hull(points_of(singles, means));
    for (std::size_t m = 0; m < out.size(); ++m) {
      const double score = means[Paired::score(m)];
      const double cost = means[Paired::cost(m)];
      out[m].costs.push_back(1000 * cost);
      if (!hull.empty()) out[m].margins.push_back(score - stats::height(hull, cost));
      if (best) out[m].differences.push_back(score - means[Paired::score(*best)]);
    }
  });
  return out;
}

HullMargin margin_of(Comparing& at, const std::vector<stats::Point>& hull, std::size_t member, std::vector<double>& drawn) {
  HullMargin out{.margin = at.accuracy(member) - stats::height(hull, at.cost(member))};
  const auto at_most_zero = static_cast<double>(std::count_if(drawn.begin(), drawn.end(), [](double margin) { return margin <= 0; }));
  if (!drawn.empty()) out.p = std::max(at_most_zero, 1.0) / static_cast<double>(drawn.size());
  out.interval = stats::percentile_interval(drawn);
  out.wins = out.interval.low > 0;
  return out;
}

// Holm: the k-th smallest of m values is multiplied by what is left, never below the one before.
void correct_for_many(Section& section) {
  std::vector<HullMargin*> margins;
  for (SystemFigures& figures : section.systems)
    if (figures.hull) margins.push_back(&*figures.hull);
  std::stable_sort(margins.begin(), margins.end(), [](const HullMargin* a, const HullMargin* b) { return a->p < b->p; });
  double before = 0;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    before = std::max(before, std::min(1.0, margins[i]->p * static_cast<double>(margins.size() - i)));
    margins[i]->p_holm = before;
  }
}

PairedFigures difference_of(const Comparing& at, std::size_t a, std::size_t b, std::vector<double>& drawn) {
  PairedFigures out{.against = at.system(b).id, .difference = at.accuracy(a) - at.accuracy(b)};
  std::vector<double> differences;
  for (std::size_t row = 0; row < at.paired.table.rows(); ++row) {
    const auto cells = at.paired.table.row(row);
    differences.push_back(cells[Paired::score(a)] - cells[Paired::score(b)]);
    out.better += differences.back() > 0 ? 1U : 0U;
    out.worse += differences.back() < 0 ? 1U : 0U;
  }
  out.standard_error = stats::clustered_standard_error(differences, at.paired.clusters);
  out.interval = stats::percentile_interval(drawn);
  out.cost_ratio = at.cost(b) > 0 ? at.cost(a) / at.cost(b) : 0;
  return out;
}

// Per question the cheapest single model that was right, else the cheapest.
std::vector<std::size_t> oracle_choices(const Comparing& at, const Members& singles) {
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < at.paired.table.rows(); ++row) {
    const auto cells = at.paired.table.row(row);
    const auto better = [&](std::size_t a, std::size_t b) {
      return std::pair(-cells[Paired::score(a)], cells[Paired::cost(a)]) < std::pair(-cells[Paired::score(b)], cells[Paired::cost(b)]);
    };
    out.push_back(*std::min_element(singles.begin(), singles.end(), better));
  }
  return out;
}

void add_regret(Comparing& at, Members singles) {
  if (singles.size() > kOraclePool) {
    singles.resize(kOraclePool);
    at.section.remarks.push_back("The oracle of the regret chooses among the first " + std::to_string(kOraclePool) +
                                 " single models only: more would be right by luck.");
  }
  const double n = static_cast<double>(at.paired.table.rows());
  if (singles.size() < 2 || n == 0) return;
  const std::vector<std::size_t> choices = oracle_choices(at, singles);
  double accuracy = 0;
  double cost = 0;
  for (std::size_t row = 0; row < choices.size(); ++row) {
    accuracy += at.paired.table.row(row)[Paired::score(choices[row])] / n;
    cost += at.paired.table.row(row)[Paired::cost(choices[row])] / n;
  }
  for (std::size_t m = 0; m < at.paired.members.size(); ++m) {
    RegretFigures regret{.accuracy = accuracy - at.accuracy(m), .usd_per_1000 = 1000 * (at.cost(m) - cost)};
    const SystemSamples& samples = at.task.systems[at.paired.members[m]];
    for (std::size_t row = 0; row < choices.size(); ++row) {
      const std::string& chosen = at.system(choices[row]).needs.front().value;
      const SampleRecord& first = *samples.by_question[at.paired.questions[row]].front();
      regret.optimal_selection += first.answer_model == chosen ? 1 / n : 0;
    }
    regret.cost_ratio = at.cost(m) > 0 ? cost / at.cost(m) : 0;
    at.figures(m).regret = regret;
  }
}

}  // namespace

void compare(Section& section, const TaskSamples& task, const std::vector<System>& systems, const CompareOptions& options) {
  const Paired paired = pair_up(task);
  Comparing at{section, task, systems, paired, stats::column_means(paired.table)};
  section.common = paired.table.rows();
  if (section.common == 0) return;
  Members singles;
  for (std::size_t m = 0; m < paired.members.size(); ++m)
    if (at.system(m).kind == SystemKind::single) singles.push_back(m);
  std::optional<std::size_t> best;
  for (const std::size_t single : singles) {
    const bool first = !best;
    if (first || std::pair(at.accuracy(single), -at.cost(single)) > std::pair(at.accuracy(*best), -at.cost(*best))) best = single;
  }
  if (best) {
    section.best_single = at.system(*best).id;
    const auto cheapest =
        std::min_element(singles.begin(), singles.end(), [&](std::size_t a, std::size_t b) { return at.cost(a) < at.cost(b); });
    section.cheapest_single = at.system(*cheapest).id;
  }
  mark_front(at);
  std::vector<Draws> draws = draw(at, singles, best, options);
  const std::vector<stats::Point> hull = stats::non_decreasing_hull(points_of(singles, at.means));
  for (std::size_t m = 0; m < paired.members.size(); ++m) {
    SystemFigures& figures = at.figures(m);
    const SystemKind kind = at.system(m).kind;
    figures.usd_per_1000_interval = stats::percentile_interval(draws[m].costs);
    if (singles.size() >= 2 && (kind == SystemKind::policy || kind == SystemKind::baseline))
      figures.hull = margin_of(at, hull, m, draws[m].margins);
    if (best && m != *best) figures.to_best_single = difference_of(at, m, *best, draws[m].differences);
  }
  correct_for_many(section);
  add_regret(at, singles);
  add_curves(section, task, systems, paired, at.means);
}

}  // namespace xrouter::eval
