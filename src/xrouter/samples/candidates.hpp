// What a question offers to choose from, before any sample is drawn.
#pragma once

#include <string>
#include <vector>

#include "xrouter/samples/builder.hpp"

namespace xrouter::samples {

/// One question that may become samples.
struct Candidate {
  corpus::Question question;
  bool recorded = true;  ///< false: an own question
  std::string assumed_reply = {};
  Stratum stratum = Stratum::medium;
  double pass_rate = 0;
  std::vector<const ModelSpec*> models = {};  ///< that may be offered, in the catalogue's order
};

/// Every question that the options do not leave out, in the order of the corpora and files; caps are not applied yet.
/// Counts into `figures`. Errors: those of build().
Result<std::vector<Candidate>> candidates_of(const SampleSetOptions& options, const BuildInputs& inputs, BuildFigures& figures);

/// Errors: config for names that the catalogue does not have and options that contradict each other.
Result<void> check_options(const SampleSetOptions& options, const BuildInputs& inputs);

/// Four decimals: what a line of JSON gives back.
double rounded_share(std::int64_t part, std::int64_t whole);

}  // namespace xrouter::samples
