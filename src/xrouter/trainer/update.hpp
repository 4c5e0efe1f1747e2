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

/// The order in which sequences stand beside those they share most with: by their tokens.
std::vector<std::size_t> sharing_order(const std::vector<const learner::TokenSequence*>& sequences);
/// Tokens at the beginning that both have.
std::size_t shared_beginning(const learner::TokenSequence& a, const learner::TokenSequence& b);

/// What stands in a row and is computed together: of each its tokens, and how many of them the one before has already.
struct Packed {
  std::size_t tokens = 0, shared = 0;
};
/// Runs of at most `tokens` that are to be computed, at least one each: begin of each run, and the end.
std::vector<std::size_t> packs_of(const std::vector<Packed>& row, std::size_t tokens);

learner::StepOptions step_options(const OptimizerConfig& config, double learning_rate);

}  // namespace xrouter::trainer
