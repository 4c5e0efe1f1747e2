// Clusters of questions: a model does on a question what it did on the questions of its cluster.
#pragma once

#include "xrouter/base/rng.hpp"
#include "xrouter/baselines/estimator.hpp"
#include "xrouter/baselines/text_space.hpp"

namespace xrouter::baselines {

struct ClusterOptions {
  std::size_t clusters = 32;
  int rounds = 8;
  double prior_outcomes = 10;  ///< weight of a model's mean beside its outcomes in the cluster
  std::uint64_t seed = 1;
  TextSpaceOptions space = {.bucket_bits = 14, .max_share = 0.5, .min_texts = 3};
};

/// Spherical k-means over TF-IDF vectors of split train, begun at texts far from each other (k-means++).
class ClusterEstimator final : public Estimator {
 public:
  ClusterEstimator(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, const ClusterOptions& options);
  std::vector<Estimate> estimate(std::string_view text, const Models& models) const override;
  std::size_t cluster_of(std::string_view text) const { return nearest(space_.vector_of(text)); }
  std::size_t clusters() const { return count_; }

 private:
  void place_centres(const std::vector<SparseVector>& vectors, Rng rng);
  void move_centres(const std::vector<SparseVector>& vectors, const std::vector<std::size_t>& assigned);
  std::vector<float> cosines(const SparseVector& vector) const;
  std::size_t nearest(const SparseVector& vector) const;
  void count_outcomes(const train::OutcomeData& data, const std::vector<std::size_t>& assigned, double prior);

  std::shared_ptr<const TrainStats> stats_;
  TextSpace space_;
  std::size_t count_;
  std::vector<float> centres_;  // [bucket][cluster]: one text reads neighbouring numbers
  std::vector<std::vector<Estimate>> estimates_;  // [cluster][model]
};

}  // namespace xrouter::baselines
