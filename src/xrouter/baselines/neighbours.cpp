#include "xrouter/baselines/neighbours.hpp"

#include <algorithm>

namespace xrouter::baselines {
NeighbourEstimator::NeighbourEstimator(const train::OutcomeData& data, std::shared_ptr<const TrainStats> stats, const NeighbourOptions& options)
    : stats_(std::move(stats)), options_(options), space_(train_texts(data), options.space), models_(data.models.size()) {
  std::vector<std::vector<Posting>> lists(space_.buckets());
  row_begins_.push_back(0);
  for (const train::Example& example : data.examples) {
    if (example.split != corpus::Split::train) continue;
    const auto document = static_cast<std::uint32_t>(row_begins_.size() - 1);
    for (const SparseEntry& entry : space_.vector_of(example.prompt)) lists[entry.bucket].push_back({document, entry.weight});
    for (const train::OutcomeRow& row : example.rows)
      rows_.push_back({static_cast<std::uint32_t>(row.model), row.correct ? 1.0F : 0.0F, static_cast<float>(row.out_tok)});
    row_begins_.push_back(rows_.size());
  }
  posting_begins_.push_back(0);
  for (const std::vector<Posting>& list : lists) {
    postings_.insert(postings_.end(), list.begin(), list.end());
    posting_begins_.push_back(postings_.size());
  }
}

std::vector<Neighbour> NeighbourEstimator::nearest(std::string_view text) const {
  std::vector<float> cosines(row_begins_.size() - 1, 0);
  for (const SparseEntry& entry : space_.vector_of(text)) {
    const Posting* end = postings_.data() + posting_begins_[entry.bucket + 1];
    for (const Posting* posting = postings_.data() + posting_begins_[entry.bucket]; posting != end; ++posting)
      cosines[posting->document] += entry.weight * posting->weight;
  }
  std::vector<Neighbour> found;
  for (std::size_t document = 0; document < cosines.size(); ++document)
    if (cosines[document] > 0) found.push_back({document, cosines[document]});
  const std::size_t count = std::min(options_.neighbours, found.size());
  const auto nearer = [](const Neighbour& a, const Neighbour& b) { return a.cosine != b.cosine ? a.cosine > b.cosine : a.document < b.document; };
  if (count < found.size()) std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), nearer);
  found.resize(count);
  std::sort(found.begin(), found.end(), nearer);
  return found;
}

std::vector<Estimate> NeighbourEstimator::estimate(std::string_view text, const Models& models) const {
  struct Sum {
    double weight = 0;
    double right = 0;
    double output_tokens = 0;
  };
  std::vector<Sum> sums(models_);
  for (const Neighbour& neighbour : nearest(text)) {
    const auto weight = static_cast<double>(neighbour.cosine);
    for (std::size_t i = row_begins_[neighbour.document]; i < row_begins_[neighbour.document + 1]; ++i) {
      Sum& sum = sums[rows_[i].model];
      sum.weight += weight;
      sum.right += weight * static_cast<double>(rows_[i].right);
      sum.output_tokens += weight * static_cast<double>(rows_[i].output_tokens);
    }
  }
  std::vector<Estimate> out;
  for (const ModelSpec* model : models) {
    const ModelStats mean = stats_->of(*model);
    const auto index = stats_->index_of(*model);
    const Sum sum = index ? sums[*index] : Sum{};
    const double prior = options_.prior_weight;
    out.push_back({.success = (sum.right + prior * mean.accuracy) / (sum.weight + prior),
                   .output_tokens = (sum.output_tokens + prior * mean.output_tokens) / (sum.weight + prior)});
  }
  return out;
}

}  // namespace xrouter::baselines
