// A finished (or stopped) run read back: what the report shows beside the figures.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "xrouter/eval/benchmark.hpp"
#include "xrouter/eval/record.hpp"
#include "xrouter/eval/systems.hpp"

namespace xrouter::eval {

/// References stay valid while the run is loaded.
struct RunData {
  const QuestionSet& questions;
  const std::vector<System>& systems;
  const std::vector<SampleRecord>& records;  ///< by system, then question, then rollout, in the run's order
  /// The text behind SampleRecord::response; "" for an unknown key.
  std::function<const std::string&(const std::string& key)> response;
};

}  // namespace xrouter::eval
