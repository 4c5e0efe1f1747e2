// What a run is, as a file: on resume it must be the same, byte for byte.
#pragma once

#include <string>

#include "xrouter/eval/run/runner.hpp"

namespace xrouter::eval {

struct ManifestFacts {
  std::string program;
  std::string config_hash;
  std::string dialect;
};

/// Questions, systems, graders, seed and settings with their hashes. Nothing of this machine, no path,
/// no time; budget, workers and retries may differ between the attempts of one run.
std::string manifest_json(const RunInputs& inputs, const RunOptions& options, const ManifestFacts& facts);

/// By system, question and rollout in the run's order; samples that the run does not have are dropped.
std::vector<SampleRecord> in_run_order(std::vector<SampleRecord> records, const QuestionSet& questions, const std::vector<System>& systems);

}  // namespace xrouter::eval
