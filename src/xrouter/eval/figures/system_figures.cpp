#include "xrouter/eval/figures/system_figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "xrouter/eval/stats/calibration.hpp"
#include "xrouter/eval/stats/estimators.hpp"
#include "xrouter/eval/stats/router_figures.hpp"

namespace xrouter::eval {
namespace {

using Records = std::vector<const SampleRecord*>;

template <class Predicate>
double share(const Records& records, Predicate predicate) {
  if (records.empty()) return 0;
  return static_cast<double>(std::count_if(records.begin(), records.end(), predicate)) / static_cast<double>(records.size());
}

LatencyFigures latency_of(const Records& records) {
  std::vector<double> milliseconds;
  for (const SampleRecord* record : records) milliseconds.push_back(std::chrono::duration<double, std::milli>(record->latency).count());
  LatencyFigures out;
  out.p50_ms = stats::percentile(milliseconds, 0.50);
  out.p95_ms = stats::percentile(milliseconds, 0.95);
  out.p99_ms = stats::percentile(milliseconds, 0.99);
  return out;
}

BehaviourFigures behaviour_of(const Records& records) {
  BehaviourFigures out;
  const auto of_source = [&](AnswerSource source) { return share(records, [&](const SampleRecord* r) { return r->source == source; }); };
  out.direct = of_source(AnswerSource::direct);
  out.selected = of_source(AnswerSource::selected);
  out.synthesised = of_source(AnswerSource::synthesised);
  out.last_reply = of_source(AnswerSource::last_reply);
  out.none = of_source(AnswerSource::none);
  std::map<std::string, std::size_t> calls;
  std::size_t all_calls = 0;
  std::size_t turns = 0;
  for (const SampleRecord* record : records) {
    turns += static_cast<std::size_t>(record->turns);
    for (const CallSample& call : record->calls) {
      if (call.status == CallStatus::refused) continue;
      ++calls[call.model];
      ++all_calls;
    }
  }
  const double n = std::max<double>(static_cast<double>(records.size()), 1);
  out.calls_per_query = static_cast<double>(all_calls) / n;
  out.turns_per_query = static_cast<double>(turns) / n;
  for (const auto& [model, count] : calls) out.models.emplace_back(model, static_cast<double>(count) / static_cast<double>(all_calls));
  std::stable_sort(out.models.begin(), out.models.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (!out.models.empty()) out.top_share = out.models.front().second;
  return out;
}

CalibrationFigures calibration_of(const Records& records) {
  std::vector<stats::Stated> stated;
  for (const SampleRecord* record : records)
    if (record->confidence && record->grade.scored()) stated.push_back({.confidence = *record->confidence, .score = record->grade.score});
  return stats::calibration(stated);
}

void add_money(SystemFigures& out, const Records& records) {
  Usd wrong;
  for (const SampleRecord* record : records) {
    out.cost += record->cost.known;
    out.router_cost += record->router_cost.known;
    out.cost_complete = out.cost_complete && record->cost.complete;
    if (!record->grade.correct) wrong += record->cost.known;
  }
  out.usd_per_1000 = records.empty() ? 0 : out.cost.to_double() * 1000 / static_cast<double>(records.size());
  if (out.correct > 0) out.usd_per_right = out.cost.to_double() / static_cast<double>(out.correct);
  if (out.cost > Usd::zero()) out.cost_share_wrong = wrong.to_double() / out.cost.to_double();
}

void add_parts(SystemFigures& out, const Records& records) {
  std::map<std::string, std::pair<double, std::size_t>> sums;
  for (const SampleRecord* record : records) {
    if (!record->grade.scored()) continue;
    for (const auto& [name, value] : record->grade.parts) {
      sums[name].first += value;
      ++sums[name].second;
    }
  }
  for (const auto& [name, sum] : sums) out.parts.emplace_back(name, sum.first / static_cast<double>(sum.second));
}

// The answer that the first k samples vote for.
double majority_score(const Records& samples, std::size_t k) {
  std::vector<std::string> answers;
  for (std::size_t i = 0; i < k; ++i)
    answers.push_back(samples[i]->grade.normalized.empty() ? samples[i]->grade.extracted : samples[i]->grade.normalized);
  const auto winner = stats::majority(answers);
  return winner && samples[*winner]->grade.correct ? 1 : 0;
}

void add_several_samples(SystemFigures& out, const SystemSamples& samples) {
  std::vector<Records> scored;
  std::size_t least = 0;
  for (const Records& rollouts : samples.by_question) {
    if (rollouts.empty()) continue;
    Records good;
    for (const SampleRecord* record : rollouts)
      if (record->grade.scored()) good.push_back(record);
    least = scored.empty() ? good.size() : std::min(least, good.size());
    scored.push_back(std::move(good));
  }
  if (least < 2) return;
  std::vector<std::size_t> ks;
  for (std::size_t k = 1; k < least; k *= 2) ks.push_back(k);
  ks.push_back(least);
  for (const std::size_t k : ks) {
    AtK at{.k = static_cast<int>(k)};
    const double n = static_cast<double>(scored.size());
    for (const Records& rollouts : scored) {
      const auto right =
          static_cast<std::size_t>(std::count_if(rollouts.begin(), rollouts.end(), [](const SampleRecord* r) { return r->grade.correct; }));
      at.pass_at += stats::pass_at_k(rollouts.size(), right, k) / n;
      at.pass_hat += stats::pass_hat_k(rollouts.size(), right, k) / n;
      at.majority_at += majority_score(rollouts, k) / n;
    }
    out.at_k.push_back(at);
  }
  std::vector<std::vector<double>> scores;
  for (const Records& rollouts : scored) {
    scores.emplace_back();
    for (const SampleRecord* record : rollouts) scores.back().push_back(record->grade.score);
  }
  if (const auto variance = stats::run_variance(scores, least)) out.deviation_across_runs = variance->deviation_across_runs;
}

bool one_sample_each(const SystemSamples& samples) {
  return std::all_of(samples.by_question.begin(), samples.by_question.end(), [](const Records& rollouts) { return rollouts.size() <= 1; });
}

std::vector<std::size_t> every_position(const TaskSamples& task) {
  std::vector<std::size_t> out(task.questions.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  return out;
}

}  // namespace

Estimate accuracy_of(const TaskSamples& task, const SystemSamples& samples, const std::vector<std::size_t>& positions) {
  std::vector<double> scores;
  std::vector<std::size_t> clusters;
  for (const std::size_t position : positions)
    for (const SampleRecord* record : samples.by_question[position]) {
      if (!record->grade.scored()) continue;
      scores.push_back(record->grade.score);
      clusters.push_back(task.clusters[position]);
    }
  Estimate out{.mean = stats::mean(scores), .standard_error = stats::clustered_standard_error(scores, clusters)};
  out.interval = {.low = std::max(0.0, out.mean - stats::kZ95 * out.standard_error),
                  .high = std::min(1.0, out.mean + stats::kZ95 * out.standard_error)};
  return out;
}

SystemFigures figures_of(const TaskSamples& task, const SystemSamples& samples, const BenchmarkSpec& spec, const std::string& system) {
  const Records records = samples.all();
  SystemFigures out;
  out.system = system;
  out.questions = samples.asked();
  out.samples = records.size();
  for (const SampleRecord* record : records) {
    ++(record->grade.scored() ? out.scored : out.unscored);
    out.correct += record->grade.correct ? 1U : 0U;
    if (!record->recorded_label || !record->grade.scored()) continue;
    ++out.labelled;
    out.label_agrees += *record->recorded_label == record->grade.correct ? 1U : 0U;
  }
  out.accuracy = accuracy_of(task, samples, every_position(task));
  if (spec.binary && one_sample_each(samples)) out.wilson = stats::wilson(out.correct, out.scored);
  add_several_samples(out, samples);
  add_money(out, records);
  out.no_answer = share(records, [](const SampleRecord* r) { return r->grade.status == grade::GradeStatus::no_answer; });
  out.truncated = share(records, [](const SampleRecord* r) { return r->truncated; });
  out.failed = share(records, [](const SampleRecord* r) { return r->source == AnswerSource::none; });
  out.latency = latency_of(records);
  out.behaviour = behaviour_of(records);
  out.calibration = calibration_of(records);
  out.arena_score = stats::arena_score(out.accuracy.mean, out.usd_per_1000);
  out.cost_utility = stats::cost_utility(out.accuracy.mean, out.usd_per_1000 / 1000);
  add_parts(out, records);
  return out;
}

}  // namespace xrouter::eval
