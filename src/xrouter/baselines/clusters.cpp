#include "xrouter/baselines/clusters.hpp"

#include <algorithm>
#include <cmath>

namespace xrouter::baselines {
ClusterEstimator::ClusterEstimator(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, const ClusterOptions& options)
    : stats_(std::move(stats)), space_(train_texts(data), options.space) {
  std::vector<SparseVector> vectors;
  for (const std::string_view text : train_texts(data)) vectors.push_back(space_.vector_of(text));
  count_ = std::clamp<std::size_t>(options.clusters, 1, std::max<std::size_t>(vectors.size(), 1));
  centres_.assign(space_.buckets() * count_, 0);
  place_centres(vectors, Rng(options.seed).fork("clusters"));
  std::vector<std::size_t> assigned(vectors.size(), 0);
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<std::size_t> before = assigned;
    std::transform(vectors.begin(), vectors.end(), assigned.begin(), [this](const SparseVector& v) { return nearest(v); });
    if (round > 0 && assigned == before) break;
    move_centres(vectors, assigned);
  }
  std::transform(vectors.begin(), vectors.end(), assigned.begin(), [this](const SparseVector& v) { return nearest(v); });
  count_outcomes(data, assigned, options.prior_outcomes);
}

// k-means++: the next centre is a text drawn with a chance that grows with its distance to the nearest centre.
void ClusterEstimator::place_centres(const std::vector<SparseVector>& vectors, Rng rng) {
  if (vectors.empty()) return;
  std::vector<double> distance(vectors.size(), 1);
  for (std::size_t cluster = 0; cluster < count_; ++cluster) {
    double total = 0;
    for (const double d : distance) total += d;
    double left = rng.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < vectors.size() && left >= distance[chosen]) left -= distance[chosen++];
    for (const SparseEntry& entry : vectors[chosen]) centres_[entry.bucket * count_ + cluster] = entry.weight;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      double cosine = 0;
      for (const SparseEntry& entry : vectors[i]) cosine += static_cast<double>(entry.weight * centres_[entry.bucket * count_ + cluster]);
      distance[i] = std::min(distance[i], std::max(1 - cosine, 0.0));
    }
  }
}

// An emptied cluster keeps no centre and attracts nothing more.
void ClusterEstimator::move_centres(const std::vector<SparseVector>& vectors, const std::vector<std::size_t>& assigned) {
  std::fill(centres_.begin(), centres_.end(), 0.0F);
  for (std::size_t i = 0; i < vectors.size(); ++i)
    for (const SparseEntry& entry : vectors[i]) centres_[entry.bucket * count_ + assigned[i]] += entry.weight;
  std::vector<double> squares(count_, 0);
  for (std::size_t i = 0; i < centres_.size(); ++i) squares[i % count_] += static_cast<double>(centres_[i]) * static_cast<double>(centres_[i]);
  for (std::size_t i = 0; i < centres_.size(); ++i)
    if (squares[i % count_] > 0) centres_[i] /= static_cast<float>(std::sqrt(squares[i % count_]));
}

std::vector<float> ClusterEstimator::cosines(const SparseVector& vector) const {
  std::vector<float> out(count_, 0);
  float* const sums = out.data();
  for (const SparseEntry& entry : vector) {
    const float* centre = centres_.data() + entry.bucket * count_;
    for (std::size_t cluster = 0; cluster < count_; ++cluster) sums[cluster] += entry.weight * centre[cluster];
  }
  return out;
}

std::size_t ClusterEstimator::nearest(const SparseVector& vector) const {
  const std::vector<float> all = cosines(vector);
  return static_cast<std::size_t>(std::max_element(all.begin(), all.end()) - all.begin());
}

void ClusterEstimator::count_outcomes(const train::OutcomeData& data, const std::vector<std::size_t>& assigned, double prior) {
  struct Sum {
    double outcomes = 0;
    double right = 0;
    double output_tokens = 0;
  };
  std::vector<std::vector<Sum>> sums(count_, std::vector<Sum>(data.models.size()));
  std::size_t document = 0;
  for (const train::Example& example : data.examples) {
    if (example.split != corpus::Split::train) continue;
    for (const train::OutcomeRow& row : example.rows) {
      Sum& sum = sums[assigned[document]][row.model];
      sum.outcomes += 1;
      sum.right += row.correct ? 1 : 0;
      sum.output_tokens += static_cast<double>(row.out_tok);
    }
    ++document;
  }
  estimates_.assign(count_, {});
  for (std::size_t cluster = 0; cluster < count_; ++cluster) {
    for (std::size_t model = 0; model < data.models.size(); ++model) {
      const ModelStats mean = stats_->of(*data.models[model]);
      const Sum& sum = sums[cluster][model];
      estimates_[cluster].push_back({.success = (sum.right + prior * mean.accuracy) / (sum.outcomes + prior),
                                     .output_tokens = (sum.output_tokens + prior * mean.output_tokens) / (sum.outcomes + prior)});
    }
  }
}

std::vector<Estimate> ClusterEstimator::estimate(std::string_view text, const Models& models) const {
  const std::vector<Estimate>& known = estimates_[cluster_of(text)];
  std::vector<Estimate> out;
  for (const ModelSpec* model : models) {
    if (const auto index = stats_->index_of(*model)) {
      out.push_back(known[*index]);
      continue;
    }
    const ModelStats prior = stats_->of(*model);
    out.push_back({.success = prior.accuracy, .output_tokens = prior.output_tokens});
  }
  return out;
}

}  // namespace xrouter::baselines
