// From a run's samples to its summary. Pure: the same samples give the same figures.
#pragma once

#include "xrouter/eval/run_data.hpp"
#include "xrouter/eval/summary.hpp"

namespace xrouter::eval {

/// What the summary repeats of the run.
struct RunFacts {
  std::string program = {};
  std::uint64_t seed = 1;
  int samples = 1;
  int bootstrap_draws = 10'000;
  std::string dialect = "strict";
  std::string config_hash = {};
  bool complete = true;
  std::string stopped_by = {};
  bool simulated_time = true;
};

Summary summarise(const RunData& data, const RunFacts& facts);

}  // namespace xrouter::eval
