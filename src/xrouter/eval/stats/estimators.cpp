#include "xrouter/eval/stats/estimators.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "xrouter/base/assert.hpp"

namespace xrouter::eval::stats {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double sample_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double standard_error(std::span<const double> values) {
  return values.size() < 2 ? 0 : sample_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

double clustered_standard_error(std::span<const double> values, std::span<const std::size_t> clusters) {
  XROUTER_ASSERT(values.size() == clusters.size(), "every value has a cluster");
  const double centre = mean(values);
  std::map<std::size_t, double> deviations;
  for (std::size_t i = 0; i < values.size(); ++i) deviations[clusters[i]] += values[i] - centre;
  const double count = static_cast<double>(deviations.size());
  if (deviations.size() < 2) return 0;
  double squares = 0;
  for (const auto& [cluster, deviation] : deviations) squares += deviation * deviation;
  return std::sqrt(squares * count / (count - 1)) / static_cast<double>(values.size());
}

double pooled_standard_error(std::span<const double> errors, std::span<const std::size_t> sizes) {
  XROUTER_ASSERT(errors.size() == sizes.size(), "every sub-set has an error and a size");
  double squares = 0;
  double total = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double n = static_cast<double>(sizes[i]);
    squares += (n - 1) * errors[i] * errors[i] * n;
    total += n;
  }
  const double freedom = total - static_cast<double>(errors.size());
  return freedom <= 0 ? 0 : std::sqrt(squares / freedom) / std::sqrt(total);
}

Interval wilson(std::size_t successes, std::size_t n, double z) {
  if (n == 0) return {.low = 0, .high = 1};
  const double count = static_cast<double>(n);
  const double p = static_cast<double>(successes) / count;
  const double scale = 1 + z * z / count;
  const double centre = (p + z * z / (2 * count)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count));
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

double pass_at_k(std::size_t n, std::size_t c, std::size_t k) {
  if (n < k) return std::numeric_limits<double>::quiet_NaN();
  if (n - c < k) return 1;
  double none_right = 1;
  for (std::size_t i = n - c + 1; i <= n; ++i) none_right *= 1 - static_cast<double>(k) / static_cast<double>(i);
  return 1 - none_right;
}

double pass_hat_k(std::size_t n, std::size_t c, std::size_t k) {
  if (n < k) return std::numeric_limits<double>::quiet_NaN();
  if (c < k) return 0;
  double all_right = 1;
  for (std::size_t i = 0; i < k; ++i) all_right *= static_cast<double>(c - i) / static_cast<double>(n - i);
  return all_right;
}

std::optional<std::size_t> majority(std::span<const std::string> answers) {
  std::optional<std::size_t> best;
  std::ptrdiff_t best_votes = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].empty()) continue;
    const std::ptrdiff_t votes = std::count(answers.begin(), answers.end(), answers[i]);
    if (votes > best_votes) best = i;
    best_votes = std::max(best_votes, votes);
  }
  return best;
}

std::optional<RunVariance> run_variance(std::span<const std::vector<double>> scores, std::size_t k) {
  if (k < 2 || scores.empty()) return std::nullopt;
  std::vector<double> run_sums(k, 0);
  std::vector<double> deviations;
  for (const std::vector<double>& runs : scores) {
    if (runs.size() < k) return std::nullopt;
    const auto first = std::span(runs).first(k);
    for (std::size_t run = 0; run < k; ++run) run_sums[run] += first[run];
    deviations.push_back(sample_deviation(first));
  }
  for (double& sum : run_sums) sum /= static_cast<double>(scores.size());
  const double deviation = sample_deviation(run_sums);
  return RunVariance{.mean = mean(run_sums),
                     .deviation_across_runs = deviation,
                     .mean_sample_deviation = mean(deviations),
                     .error_across_runs = deviation / std::sqrt(static_cast<double>(k))};
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (at - static_cast<double>(below));
}

}  // namespace xrouter::eval::stats
