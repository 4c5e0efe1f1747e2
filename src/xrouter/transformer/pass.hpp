// One forward pass as tensors: the tokens of all its sequences behind each other.
#pragma once

#include <span>
#include <vector>

#include "xrouter/transformer/attention_plan.hpp"
#include "xrouter/transformer/sequence.hpp"

namespace xrouter::transformer {

/// New tokens of one sequence (see lm::ForwardInput). Without a sequence nothing is cached: training.
struct PassInput {
  Sequence* sequence = nullptr;
  std::span<const lm::TokenId> tokens;
  std::span<const int> parents = {};
  std::span<const int> wanted = {};  ///< ascending; rows that the pass returns
};

struct Pass {
  Tensor ids;        ///< int64 [T]
  Tensor positions;  ///< int64 [T]
  AttentionPlan plan;
  /// Of the last layer, where only wanted rows are queries; rows into the T tokens.
  AttentionPlan last_plan;
  Tensor wanted;     ///< int64 [R]
  bool all_wanted = false;
};

/// Reserves room in the sequences. Preconditions as in lm::LanguageModel::forward; a parent comes before
/// its children.
Pass make_pass(std::span<const PassInput> inputs, at::Device device);

/// After the pass: the sequences hold its tokens.
void commit(std::span<const PassInput> inputs);

}  // namespace xrouter::transformer
