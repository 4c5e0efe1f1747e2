// A token tree as one pass of tensors: depth first, so that a chain, a subtree and what they attend to are ranges of rows.
#pragma once

#include <cstdint>
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

/// Who attends to whom. Exact: no row is computed for a query that does not see it, but for the corner of its own tile.
struct TreeAttention {
  std::vector<QueryTile> tiles;
  std::vector<std::int64_t> query_rows;  ///< of each query its row in the pass, ascending
  std::int64_t rows = 0;                 ///< of keys: the whole pass
};

struct TreePass {
  Tensor ids;        ///< int64 [T]
  Tensor positions;  ///< int64 [T]
  TreeAttention attention;
  /// Of the last layer: only rows from which a target is predicted are queries.
  TreeAttention last_attention;
  Tensor wanted;                        ///< int64 [R]: those rows
  std::vector<std::int64_t> target_row;  ///< of each target, index into the R rows
  std::int64_t tokens = 0;               ///< of the tree that are computed
};

/// Leaves out what no target depends on. Precondition: the tree is as TokenTree says and has a target.
TreePass make_tree_pass(const learner::TokenTree& tree, at::Device device);

}  // namespace xrouter::torch_learner
