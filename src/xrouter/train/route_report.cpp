#include "xrouter/train/route_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "xrouter/policy/agreement.hpp"
#include "xrouter/policy/ngram_plan.hpp"

namespace xrouter::train {
namespace {

using corpus::Split;
using Examples = std::vector<const Example*>;

struct Answered {
  bool correct = false;
  Usd cost;
  bool compared = false;
  bool escalated = false;
};

void add(RoutePoint& point, const Answered& answered) {
  point.questions += 1;
  point.correct += answered.correct ? 1 : 0;
  point.cost += answered.cost;
  point.compared += answered.compared ? 1 : 0;
  point.escalated += answered.escalated ? 1 : 0;
}

bool same_answer(const OutcomeRow& a, const OutcomeRow& b) { return !a.final_answer.empty() && a.final_answer == b.final_answer; }

enum class Shown { prompt, bare };

// What NgramPolicy would do with one question; both use best_plan and third_opinion.
Answered route(const OutcomeData& data, const policy::NgramModel& model, const Example& example, double cost_weight, bool may_compare, Shown shown) {
  std::vector<const ModelSpec*> models;
  for (const OutcomeRow& row : example.rows) models.push_back(data.models[row.model]);
  const std::string& text = shown == Shown::prompt ? example.prompt : example.bare;
  const policy::PlanInput input{.text = text, .prompt_bytes = text.size(), .cost_weight = cost_weight};
  const std::vector<policy::Candidate> candidates = policy::assess(model, input, models);
  const policy::AgreementModel& agreement = model.parameters().agreement;
  const auto plan = policy::best_plan(agreement, candidates, may_compare && policy::asks_for_an_answer(text));
  const OutcomeRow& first = example.rows[plan->first];
  if (!plan->second) return {.correct = first.correct, .cost = first.cost};
  const OutcomeRow& second = example.rows[*plan->second];
  Answered out{.correct = first.correct, .cost = first.cost + second.cost, .compared = true};
  if (same_answer(first, second)) {
    out.correct = first.cost <= second.cost ? first.correct : second.correct;
    return out;
  }
  const auto third = policy::third_opinion(agreement, candidates, plan->first, *plan->second);
  if (third) {
    out.escalated = true;
    out.cost += example.rows[*third].cost;
    out.correct = example.rows[*third].correct;
  } else {
    out.correct = candidates[plan->first].log_odds >= candidates[*plan->second].log_odds ? first.correct : second.correct;
  }
  return out;
}

Examples select(const OutcomeData& data, Split split, std::optional<std::size_t> group) {
  Examples out;
  for (const Example& example : data.examples)
    if (example.split == split && (!group || example.group == *group)) out.push_back(&example);
  return out;
}

RoutePoint routed(const OutcomeData& data, const policy::NgramModel& model, const Examples& examples, double weight, bool may_compare, Shown shown) {
  RoutePoint point{.name = "ngram", .cost_weight = weight};
  for (const Example* example : examples) add(point, route(data, model, *example, weight, may_compare, shown));
  return point;
}

std::vector<RoutePoint> singles_of(const OutcomeData& data, const Examples& examples) {
  std::vector<RoutePoint> points(data.models.size());
  for (const Example* example : examples)
    for (const OutcomeRow& row : example->rows) add(points[row.model], {.correct = row.correct, .cost = row.cost});
  for (std::size_t m = 0; m < points.size(); ++m) points[m].name = data.models[m]->id.value;
  std::erase_if(points, [](const RoutePoint& p) { return p.questions == 0; });
  std::stable_sort(points.begin(), points.end(), [](const RoutePoint& a, const RoutePoint& b) { return a.accuracy() > b.accuracy(); });
  return points;
}

const OutcomeRow* row_of(const OutcomeData& data, const Example& example, std::string_view corpus_name) {
  for (const OutcomeRow& row : example.rows) {
    const ModelSpec& spec = *data.models[row.model];
    if ((spec.upstream_model.empty() ? spec.id.value : spec.upstream_model) == corpus_name) return &row;
  }
  return nullptr;
}

// The published bars: two cheap models, and a strong one when they differ. Corpus names.
struct CascadeBar {
  std::string_view group;
  std::string_view first;
  std::string_view second;
  std::string_view strong;
};
constexpr CascadeBar kBars[] = {
    {"zeroeval", "deepseek-v2.5-0908", "gpt-4o-mini-2024-07-18", "claude-3-5-sonnet-20241022"},
    {"mmlu_pro", "gemini-1.5-flash-002", "Meta-Llama-3_1-70B-Instruct", "gemini-3.1-pro-preview"},
};

std::optional<RoutePoint> cascade_of(const OutcomeData& data, const Examples& examples, std::string_view group) {
  const auto* bar = std::find_if(std::begin(kBars), std::end(kBars), [&](const CascadeBar& b) { return b.group == group; });
  if (bar == std::end(kBars)) return std::nullopt;
  RoutePoint point{.name = std::string(bar->first) + " + " + std::string(bar->second) + " -> " + std::string(bar->strong)};
  for (const Example* example : examples) {
    const OutcomeRow* first = row_of(data, *example, bar->first);
    const OutcomeRow* second = row_of(data, *example, bar->second);
    const OutcomeRow* strong = row_of(data, *example, bar->strong);
    if (!first || !second || !strong) continue;
    const bool same = same_answer(*first, *second);
    add(point, {.correct = same ? first->correct : strong->correct,
                .cost = first->cost + second->cost + (same ? Usd::zero() : strong->cost),
                .compared = true,
                .escalated = !same});
  }
  return point.questions == 0 ? std::nullopt : std::optional(point);
}

RoutePoint oracle_of(const Examples& examples) {
  RoutePoint point{.name = "oracle"};
  for (const Example* example : examples) {
    const auto cheaper = [](const OutcomeRow& a, const OutcomeRow& b) { return std::pair(!a.correct, a.cost) < std::pair(!b.correct, b.cost); };
    const OutcomeRow& best = *std::min_element(example->rows.begin(), example->rows.end(), cheaper);
    add(point, {.correct = best.correct, .cost = best.cost});
  }
  return point;
}

PairedDifference difference(const OutcomeData& data, const policy::NgramModel& model, const Examples& examples, const std::string& single) {
  std::vector<double> differences;
  for (const Example* example : examples)
    for (const OutcomeRow& row : example->rows)
      if (data.models[row.model]->id.value == single)
        differences.push_back((route(data, model, *example, 1, true, Shown::prompt).correct ? 1.0 : 0.0) - (row.correct ? 1.0 : 0.0));
  const double n = static_cast<double>(differences.size());
  if (n < 2) return {};
  double mean = 0;
  double squares = 0;
  for (const double d : differences) mean += d / n;
  for (const double d : differences) squares += (d - mean) * (d - mean);
  return {.mean = mean, .half_width = 1.96 * std::sqrt(squares / (n - 1) / n)};
}

}  // namespace

const std::vector<double>& report_weights() {
  static const std::vector<double> weights{0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 50};
  return weights;
}

std::vector<GroupReport> report_routes(const OutcomeData& data, const policy::NgramModel& model, Split split) {
  std::vector<GroupReport> reports;
  const std::size_t count = data.groups.size() > 1 ? data.groups.size() + 1 : data.groups.size();
  for (std::size_t g = 0; g < count; ++g) {
    const bool all = g == data.groups.size();
    const Examples examples = select(data, split, all ? std::nullopt : std::optional(g));
    GroupReport report{.group = all ? "all" : data.groups[g], .questions = examples.size()};
    report.singles = singles_of(data, examples);
    for (const double weight : report_weights()) {
      report.routed.push_back(routed(data, model, examples, weight, true, Shown::prompt));
      report.one_call.push_back(routed(data, model, examples, weight, false, Shown::prompt));
    }
    report.bare.push_back(routed(data, model, examples, 1, true, Shown::bare));
    report.cascade = cascade_of(data, examples, report.group);
    report.oracle = oracle_of(examples);
    if (!all && !report.singles.empty()) report.to_best_single = difference(data, model, examples, report.singles.front().name);
    reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<TuningPoint> tuning_points(const OutcomeData& data, const HeldOutModels& held_out) {
  std::vector<TuningPoint> points(data.groups.size());
  std::vector<Examples> examples(data.groups.size());
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    if (example.split == Split::test) continue;
    add(points[example.group].routed, route(data, held_out.for_example(i), example, 1, true, Shown::prompt));
    examples[example.group].push_back(&example);
  }
  for (std::size_t g = 0; g < points.size(); ++g) {
    const std::vector<RoutePoint> singles = singles_of(data, examples[g]);
    if (!singles.empty()) points[g].best_single = singles.front();
  }
  return points;
}

}  // namespace xrouter::train
