#include "xrouter/eval/stats/bootstrap.hpp"

#include <algorithm>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/eval/stats/estimators.hpp"

namespace xrouter::eval::stats {

std::vector<double> column_means(const Table& table) {
  std::vector<double> means(table.columns(), 0);
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const auto row = table.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) means[c] += row[c];
  }
  for (double& value : means) value = table.rows() == 0 ? 0 : value / static_cast<double>(table.rows());
  return means;
}

void bootstrap(const Table& table, std::span<const std::size_t> clusters, int draws, std::uint64_t seed,
               const std::function<void(std::span<const double> means)>& visit) {
  XROUTER_ASSERT(clusters.size() == table.rows(), "every row has a cluster");
  if (table.rows() == 0) return;
  const std::size_t cluster_count = *std::max_element(clusters.begin(), clusters.end()) + 1;
  Rng rng = Rng(seed).fork("bootstrap");
  std::vector<std::uint32_t> times(cluster_count);
  std::vector<double> means(table.columns());
  for (int draw = 0; draw < draws; ++draw) {
    std::fill(times.begin(), times.end(), 0U);
    for (std::size_t i = 0; i < cluster_count; ++i) ++times[rng.below(cluster_count)];
    std::fill(means.begin(), means.end(), 0.0);
    double weight = 0;
    for (std::size_t r = 0; r < table.rows(); ++r) {
      const double count = times[clusters[r]];
      if (count == 0) continue;
      weight += count;
      const double* cells = table.row(r).data();
      for (std::size_t c = 0; c < means.size(); ++c) means[c] += count * cells[c];
    }
    if (weight == 0) continue;
    for (double& value : means) value /= weight;
    visit(means);
  }
}

Interval percentile_interval(std::vector<double>& drawn) { return {.low = percentile(drawn, 0.025), .high = percentile(drawn, 0.975)}; }

}  // namespace xrouter::eval::stats
