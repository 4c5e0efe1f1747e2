// Resampling questions: how far a figure could have come out otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval::stats {

/// One row a question, one column a figure of which the mean is wanted.
class Table {
 public:
  Table(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), cells_(rows * columns, 0) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  double& at(std::size_t row, std::size_t column) { return cells_[row * columns_ + column]; }
  std::span<const double> row(std::size_t row) const { return std::span(cells_).subspan(row * columns_, columns_); }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::vector<double> cells_;
};

/// The column means.
std::vector<double> column_means(const Table& table);

/// Draws clusters of rows with replacement, `draws` times, and shows the column means of each draw.
/// All columns are resampled together, so differences between them are paired. `clusters` names the
/// cluster of each row, 0 to C - 1 (a row of its own each: plain resampling). The same seed gives the
/// same draws. Nothing is shown for an empty table.
void bootstrap(const Table& table, std::span<const std::size_t> clusters, int draws, std::uint64_t seed,
               const std::function<void(std::span<const double> means)>& visit);

/// The middle 95 % of drawn values. Sorts them; {0, 0} for none.
Interval percentile_interval(std::vector<double>& drawn);

}  // namespace xrouter::eval::stats
