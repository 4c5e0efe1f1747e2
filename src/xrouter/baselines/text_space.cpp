#include "xrouter/baselines/text_space.hpp"

#include <cmath>

#include "xrouter/policy/ngram_features.hpp"

namespace xrouter::baselines {

TextSpace::TextSpace(const std::vector<std::string_view>& texts, const TextSpaceOptions& options)
    : bucket_bits_(options.bucket_bits), weights_(std::size_t{1} << options.bucket_bits, 0) {
  std::vector<std::size_t> seen_in(weights_.size(), 0);
  for (const std::string_view text : texts)
    for (const std::uint32_t bucket : policy::features_of(text, bucket_bits_).buckets) ++seen_in[bucket];
  const double most = options.max_share * static_cast<double>(texts.size());
  for (std::size_t bucket = 0; bucket < weights_.size(); ++bucket) {
    const auto count = static_cast<double>(seen_in[bucket]);
    if (seen_in[bucket] < options.min_texts || count > most) continue;
    weights_[bucket] = static_cast<float>(std::log((static_cast<double>(texts.size()) + 1) / count));
  }
}

SparseVector TextSpace::vector_of(std::string_view text) const {
  SparseVector out;
  double squares = 0;
  for (const std::uint32_t bucket : policy::features_of(text, bucket_bits_).buckets) {
    const float weight = weights_[bucket];
    if (weight == 0) continue;
    out.push_back({bucket, weight});
    squares += static_cast<double>(weight) * static_cast<double>(weight);
  }
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
  for (SparseEntry& entry : out) entry.weight *= scale;
  return out;
}

}  // namespace xrouter::baselines
