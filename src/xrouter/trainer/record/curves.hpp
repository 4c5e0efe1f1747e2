// The page of a run: curves over its steps, in one file that needs nothing else.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/trainer/record/metrics.hpp"
#include "xrouter/trainer/record/validation.hpp"

namespace xrouter::trainer {

struct RunStory {
  std::string title;
  std::vector<StepMetrics> steps = {};
  std::vector<ValidationBaseline> baselines = {};
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< "how it was run": name and value
  std::vector<std::string> notes = {};
};

/// A complete page; equal stories give equal bytes. Pure.
std::string render_curves(const RunStory& story);

/// What `xrouter train report RUN` does: reads the folder, also while its run goes on, and writes report.html into it
/// (or to `out`). Returns the file. Errors: config when it is no run's folder, io.
Result<std::filesystem::path> write_report(const std::filesystem::path& run, const std::filesystem::path& out = {});

}  // namespace xrouter::trainer
