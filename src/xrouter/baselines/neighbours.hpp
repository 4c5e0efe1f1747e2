// k nearest neighbours: a model does on a question what it did on the most similar questions of split train.
#pragma once

#include "xrouter/baselines/estimator.hpp"
#include "xrouter/baselines/text_space.hpp"

namespace xrouter::baselines {

struct NeighbourOptions {
  std::size_t neighbours = 150;
  /// Weight of a model's mean beside its neighbours, whose weights are cosines (at most 1 each).
  double prior_weight = 3;
  TextSpaceOptions space = {};
};

struct Neighbour {
  std::size_t document = 0;  ///< in the order of split train
  float cosine = 0;
};

/// Finds neighbours through an inverted index: only texts that share a rare word are looked at.
class NeighbourEstimator final : public Estimator {
 public:
  NeighbourEstimator(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, const NeighbourOptions& options);
  std::vector<Estimate> estimate(std::string_view text, const Models& models) const override;
  /// Nearest first; of equals the earlier one. At most `neighbours`.
  std::vector<Neighbour> nearest(std::string_view text) const;

 private:
  struct Posting {
    std::uint32_t document;
    float weight;
  };
  struct Row {
    std::uint32_t model;
    float right;
    float output_tokens;
  };

  std::shared_ptr<const TrainStats> stats_;
  NeighbourOptions options_;
  TextSpace space_;
  // Lists of variable length, one behind the other; list i is [begins[i], begins[i + 1]).
  std::vector<Posting> postings_;
  std::vector<std::size_t> posting_begins_;
  std::vector<Row> rows_;
  std::vector<std::size_t> row_begins_;
  std::size_t models_ = 0;
};

}  // namespace xrouter::baselines
