// What a training run measures in each step. Every metric is declared once, in metric_table.hpp, with its unit and
// meaning; a name that is not declared does not compile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/trainer/record/metric_table.hpp"

namespace xrouter::trainer {

/// The figures of one step, in the order in which they were set.
class StepMetrics {
 public:
  struct Entry {
    std::string name;                  ///< "reward/total", or "call_share/gpt-4o" of a family
    std::optional<double> value = {};  ///< empty: it was not a finite number
    bool operator==(const Entry&) const = default;
  };

  StepMetrics() = default;
  /// `step` counts over all stages, from 1.
  StepMetrics(std::string stage, std::int64_t step) : stage_(std::move(stage)), step_(step) {}

  const std::string& stage() const { return stage_; }
  std::int64_t step() const { return step_; }

  /// A later value replaces an earlier one.
  StepMetrics& set(SingleMetric metric, double value);
  /// One member of a family: a model, a source, a stratum, a cost weight, a phase.
  StepMetrics& set(MetricFamily family, std::string_view member, double value);

  std::optional<double> find(SingleMetric metric) const;
  std::optional<double> find(MetricFamily family, std::string_view member) const;
  /// Members of a family that have a number, in order: member and value.
  std::vector<std::pair<std::string_view, double>> members(MetricFamily family) const;

  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t not_finite() const;
  bool operator==(const StepMetrics&) const = default;

 private:
  friend Result<StepMetrics> parse_metrics_line(std::string_view line);
  void put(std::string name, double value);
  const Entry* entry(std::string_view name) const;

  std::string stage_;
  std::int64_t step_ = 0;
  std::vector<Entry> entries_;
};

/// {"step":12,"stage":"dapo","reward/total":0.41,...} without a line break; a value that is not finite is null.
std::string metrics_line(const StepMetrics& metrics);
/// Names that this version does not declare are kept. Errors: config.
Result<StepMetrics> parse_metrics_line(std::string_view line);

/// The table of all declared metrics, as docs/training-runs.md has it.
std::string metrics_markdown();

/// All steps of metrics.jsonl, ascending; a torn last line is left out. Errors: io, config with the line.
Result<std::vector<StepMetrics>> read_metrics(const std::filesystem::path& file);

}  // namespace xrouter::trainer
