// Means, their errors, and what several samples of one question tell. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval::stats {

/// Half the width of a 95 % interval of a normal, in standard deviations.
inline constexpr double kZ95 = 1.959963984540054;

/// 0 for nothing.
double mean(std::span<const double> values);
/// With n - 1; 0 for fewer than two.
double sample_deviation(std::span<const double> values);
/// s / sqrt(n); 0 for fewer than two.
double standard_error(std::span<const double> values);

/// Of the mean, when values of one cluster are not independent:
/// sqrt(sum over clusters of (sum of deviations)^2 * C / (C - 1)) / n. `clusters` names each value's
/// cluster and has the same length. 0 for fewer than two clusters.
double clustered_standard_error(std::span<const double> values, std::span<const std::size_t> clusters);

/// Of a mean over several sub-sets: pooled variance. Sizes of at least 1, the same number of both.
double pooled_standard_error(std::span<const double> errors, std::span<const std::size_t> sizes);

/// Of a share of 0/1 outcomes. [0, 1] for n = 0.
Interval wilson(std::size_t successes, std::size_t n, double z = kZ95);

/// Chance that at least one of k samples is right, from n samples of which c are; NaN for n < k.
double pass_at_k(std::size_t n, std::size_t c, std::size_t k);
/// Chance that all k are right; NaN for n < k.
double pass_hat_k(std::size_t n, std::size_t c, std::size_t k);

/// The sample whose normalised answer most of the samples give; the answer seen first wins a tie.
/// Empty answers have no vote. nullopt when all are empty.
std::optional<std::size_t> majority(std::span<const std::string> answers);

/// How much the runs of a benchmark differ, over its first k runs.
struct RunVariance {
  double mean = 0;
  double deviation_across_runs = 0;  ///< of the k run means
  double mean_sample_deviation = 0;  ///< mean over questions of the deviation of their k scores
  double error_across_runs = 0;      ///< deviation_across_runs / sqrt(k)
};
/// `scores[question][run]`; nullopt for k < 2, without questions, or when a question has fewer runs.
std::optional<RunVariance> run_variance(std::span<const std::vector<double>> scores, std::size_t k);

/// Linear between order statistics; `share` in [0, 1]; 0 for nothing. Sorts its argument.
double percentile(std::vector<double>& values, double share);

}  // namespace xrouter::eval::stats
