// From hidden states to log-probs and entropies of targets, and back: never more than some rows of logits at once.
#pragma once

#include <span>
#include <vector>

#include "xrouter/learner/learner.hpp"
#include "xrouter/torch_learner/training_ops.hpp"

namespace xrouter::torch_learner {

/// Targets with few tokens to choose from need the output layer's rows of these alone; the others need them all.
class Head {
 public:
  /// `weight` C [vocab, hidden]. `hidden` C [R, hidden]; target i is predicted from row `rows[i]` of it.
  Head(const TrainingOps& ops, const Tensor& weight, const Tensor& hidden, const learner::TokenTree& tree,
       std::span<const std::int64_t> rows, std::int64_t rows_at_once);

  learner::Scores scores();
  /// d loss / d hidden, A [R, hidden]; adds to `dweight` A [vocab, hidden] unless it is undefined. After scores().
  Tensor backward(const learner::Gradients& gradients, Tensor dweight);

 private:
  struct Part {
    std::vector<std::size_t> targets;
    Tensor rows;     ///< int64 [n]; n is rounded up, the first target stands in
    Tensor columns;  ///< int64: ids that are columns; undefined: all of the vocabulary
    Tensor chosen;   ///< int64 [n]: column of each target's token
    Tensor mask;     ///< float32 [n, columns] to add to logits; undefined for all of the vocabulary
    RowScores scores;
    Tensor logits;  ///< kept from scores() where there is only one part of its kind
  };
  Part make_part(std::vector<std::size_t> targets, bool whole_vocabulary) const;
  void restrict(Part& part, std::size_t rows) const;
  Tensor logits(const Part& part) const;

  const TrainingOps& ops_;
  Tensor weight_, hidden_;
  const learner::TokenTree& tree_;
  std::span<const std::int64_t> rows_;
  std::vector<Part> parts_;
};

}  // namespace xrouter::torch_learner
