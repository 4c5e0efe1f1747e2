// Attention over a token tree, forward and backward, on values of type T (float or Bf16); sums and softmax in float32.
#pragma once

#include <cstdint>
#include <vector>

#include "xrouter/torch_learner/training_ops.hpp"
#include "xrouter/transformer/kernels/simd.hpp"

namespace xrouter::torch_learner::kernels {

inline constexpr int kBlockQueries = 48, kTileKeys = 64;

/// Some keys in a row, and which of a block's queries see which of them: bit i of seen[query] is key begin + i.
struct KeyTile {
  std::int64_t begin = 0;
  int count = 0;
  std::vector<std::uint64_t> seen;
};

/// Queries that follow each other, often of several chains: what their chains share is computed for all of them.
struct QueryBlock {
  std::int64_t first = 0;
  int count = 0;
  std::vector<KeyTile> tiles;
};

class AttentionBlocks final : public KernelPlan {
 public:
  explicit AttentionBlocks(const TreeAttention& plan);
  const std::vector<QueryBlock>& blocks() const { return blocks_; }

 private:
  std::vector<QueryBlock> blocks_;
};

/// Whether the kernels below can do it.
bool fits(const HeadShape& shape);

template <class T>
Attended attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan);
template <class T>
Tensor attend_backward(const Tensor& dy, const Attended& attended, const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan);

}  // namespace xrouter::torch_learner::kernels
