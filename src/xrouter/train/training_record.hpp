// The record of a training run: what was done, on what, with what result. Written beside the weights.
#pragma once

#include <string>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/train/cost_scale.hpp"
#include "xrouter/train/ngram_trainer.hpp"
#include "xrouter/train/route_report.hpp"

namespace xrouter::train {

struct RunFacts {
  std::string command;   ///< as typed, without the program's folder
  std::string program;   ///< name and version
  std::string hardware;
  double seconds = 0;
  std::string weights_fnv1a64;
  std::size_t weights_bytes = 0;
};

/// Indented JSON.
std::string training_record(const RunFacts& facts, const corpus::Corpus& corpus, const OutcomeData& data, const NgramOptions& options,
                            const Trained& trained, const std::vector<CostScaleTrial>& scales, const std::vector<GroupReport>& dev,
                            const std::vector<GroupReport>& test);

}  // namespace xrouter::train
