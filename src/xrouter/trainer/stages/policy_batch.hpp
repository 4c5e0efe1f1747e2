// From groups with their advantages to what the learner computes: trees of trajectories, each with the gradient of its
// share of the loss.
#pragma once

#include <memory>
#include <vector>

#include "xrouter/rl/advantage.hpp"
#include "xrouter/rl/loss.hpp"
#include "xrouter/rollout/rollout.hpp"
#include "xrouter/trainer/update.hpp"

namespace xrouter::trainer {

/// A group of the step's batch. The group outlives the batch.
struct BatchGroup {
  const rollout::Group* group = nullptr;
  std::vector<rl::Advantage> advantages;  ///< of its rollouts
  std::vector<bool> counts;               ///< of its rollouts: scored, and with a trajectory that has choices
  bool fresh = true;                      ///< rolled out with the weights that the step begins with
};

/// One mini-batch: some groups, cut into pieces of about `pack_tokens`.
class PolicyBatch {
 public:
  PolicyBatch(const rl::LossOptions& options, std::vector<BatchGroup> groups, std::size_t pack_tokens);

  /// Log-probs before the step's first update, for every piece of this process. Without it the old log-probs are those
  /// that the update itself finds, which is the same for the first update of a step.
  void remember_old(learner::Learner& learner, const learner::Collective& ranks);
  /// The same of the reference model, for the KL term.
  void remember_reference(learner::Learner& learner, const learner::Collective& ranks);

  /// The pieces refer to this batch, which outlives them and stays where it is.
  std::vector<Piece> pieces();
  const rl::BatchCounts& counts() const { return counts_; }
  /// Of the pieces of this process, once the update is done.
  const rl::LossStatistics& statistics() const { return statistics_; }
  /// The same of fresh groups alone: there trainer and rollout differ by rounding only.
  const rl::LossStatistics& fresh_statistics() const { return fresh_; }

 private:
  struct Sequence {
    std::vector<double> rollout_logprobs;
    double advantage = 0;
    std::vector<double> advantages = {};
    std::vector<double> old = {}, reference = {};
    bool fresh = true;
  };
  struct Part {
    learner::TokenTree tree;
    std::vector<Sequence> sequences;
  };
  learner::Gradients gradients(const Part& part, const learner::Scores& scores);

  rl::LossOptions options_;
  std::vector<Part> parts_;
  rl::BatchCounts counts_;
  rl::LossStatistics statistics_, fresh_;
};

}  // namespace xrouter::trainer
