// One optimizer step: pieces of a batch over the processes, gradients summed.
#pragma once

#include <vector>

#include "xrouter/learner/collective.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/trainer/config/train_config.hpp"

namespace xrouter::trainer {

/// What is computed in one go. The loss is that of the whole batch, of which the piece has its share.
struct Piece {
  const learner::TokenTree* tree = nullptr;
  learner::LossGradient loss;
};

struct UpdateReport {
  learner::StepReport step;
  double tree_tokens = 0;      ///< computed, of all processes
  double sequence_tokens = 0;  ///< of the trajectories that they came from
};

/// Every process has the same pieces; each computes its share, and all step alike. Errors: io of the collective;
/// gradients are cleared then.
Result<UpdateReport> update(learner::Learner& learner, learner::Collective& ranks, const std::vector<Piece>& pieces, const learner::StepOptions& options);

/// Sequences in a row that together have at most `tokens`, at least one each: begin of each run, and the end.
std::vector<std::size_t> packs_of(const std::vector<std::size_t>& lengths, std::size_t tokens);

learner::StepOptions step_options(const OptimizerConfig& config, double learning_rate);

}  // namespace xrouter::trainer
