// A token tree as one pass of tensors: depth first, so that a chain, a subtree and what they attend to are ranges of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "xrouter/learner/token_tree.hpp"
#include "xrouter/transformer/torch_api.hpp"

namespace xrouter::torch_learner {

using transformer::Tensor;

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Some queries of one chain. Each attends to all rows of `before` and to its own chain from `own_begin` to itself.
struct QueryTile {
  std::int64_t first = 0, count = 0;  ///< of the plan's queries
  std::vector<Range> before;          ///< the chains above it, ascending, neighbours joined
  std::int64_t own_begin = 0;
};

/// What a kernel makes of a plan at its first layer and uses at the others.
struct KernelPlan {
  virtual ~KernelPlan() = default;
};

/// Who attends to whom. Exact: no row is computed for a query that does not see it, but for the corner of its own tile.
struct TreeAttention {
  std::vector<QueryTile> tiles;
  std::vector<std::int64_t> query_rows;  ///< of each query its row in the pass, strictly ascending
  std::int64_t padded_queries = 0;       ///< rows of q that there are; those behind the queries get zeros
  mutable std::shared_ptr<const KernelPlan> kernel = {};
};

/// Numbers of rows are rounded up, because oneDNN makes code for every shape that it meets: T and R are multiples of 32, of more when they are large.
struct TreePass {
  Tensor ids;        ///< int64 [T]; behind the tree's own zeros, which see nothing and are seen by nobody
  Tensor positions;  ///< int64 [T]
  TreeAttention attention;
  /// Of the last layer: only rows from which a target is predicted are queries.
  TreeAttention last_attention;
  Tensor wanted;                         ///< int64 [R]: those rows, the last one again until R is a round number
  std::vector<std::int64_t> target_row;  ///< of each target, index into the R rows
  std::int64_t tokens = 0;               ///< of the tree that are computed
};

/// Leaves out what no target depends on. Precondition: the tree is as TokenTree says and has a target.
TreePass make_tree_pass(const learner::TokenTree& tree, at::Device device);

}  // namespace xrouter::torch_learner
