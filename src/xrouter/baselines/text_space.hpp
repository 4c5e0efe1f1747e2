// Texts as sparse vectors: hashed words and word pairs, weighted by how rare they are (TF-IDF).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace xrouter::baselines {

struct SparseEntry {
  std::uint32_t bucket = 0;
  float weight = 0;
};
/// By rising bucket; of length 1, or empty when nothing in the text is known.
using SparseVector = std::vector<SparseEntry>;

struct TextSpaceOptions {
  int bucket_bits = 16;
  double max_share = 0.35;  ///< buckets in more than this share of the texts tell nothing and cost much
  std::size_t min_texts = 2;  ///< buckets in fewer texts have no neighbour
};

/// The features are those of the n-gram policy (policy::features_of). Immutable.
class TextSpace {
 public:
  TextSpace(const std::vector<std::string_view>& texts, const TextSpaceOptions& options);
  SparseVector vector_of(std::string_view text) const;
  std::size_t buckets() const { return weights_.size(); }

 private:
  int bucket_bits_;
  std::vector<float> weights_;  // 0: ignored
};

}  // namespace xrouter::baselines
