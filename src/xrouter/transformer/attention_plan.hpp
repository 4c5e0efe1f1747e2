// What the new tokens of one pass attend to; made once a pass and used by every layer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "xrouter/transformer/kv_segment.hpp"

namespace xrouter::transformer {

/// Cached keys that several sequences share: every one of `queries` attends to all of them, without a mask.
struct SharedKeys {
  const KvSegment* segment = nullptr;
  std::int64_t begin = 0, end = 0;      ///< rows of the segment
  std::vector<std::int64_t> queries;    ///< query rows of the pass, ascending
  mutable Tensor query_index = {};           ///< of the plain operations: `queries` on their device, once made
};

/// The new tokens of one sequence and its own cached tokens in front of them.
///
/// Keys are the segment's rows [0, own) for every query, and rows [own, own + count) by the mask: a new token
/// sees itself and its ancestors. Without a segment (training) the keys are the pass's own rows
/// [first_token, first_token + count).
struct FreshKeys {
  const KvSegment* segment = nullptr;
  std::int64_t own = 0;
  std::int64_t first_token = 0, count = 0;  ///< rows of q, k, v of the pass when all its tokens are queries
  std::int64_t first_query = 0;             ///< row of the first of its queries in this plan's q
  std::vector<std::int64_t> query_tokens;   ///< which of its tokens are queries, ascending; 0 to count - 1
  std::vector<int> parents;                 ///< empty: a chain; else of each token, smaller than its own index or -1
  std::int64_t chain = 0;                   ///< so many tokens from the first one form a chain

  mutable Tensor mask = {};                      ///< of the plain operations: visible() to add to scores, once made

  bool is_chain() const { return parents.empty(); }
  /// [queries, count], row-major, 1 where a query sees a new token.
  std::vector<std::uint8_t> visible() const;
};

/// What a kernel makes of a plan at its first layer and uses at the others.
struct KernelPlan {
  virtual ~KernelPlan() = default;
};

/// One of a sequence's tokens may attend to several SharedKeys and one FreshKeys; the parts are merged by
/// their log-sum-exp.
struct AttentionPlan {
  std::vector<SharedKeys> shared;
  std::vector<FreshKeys> fresh;  ///< one for each sequence, in the order of the pass's rows
  std::int64_t queries = 0;      ///< rows of q
  mutable std::shared_ptr<const KernelPlan> kernel = {};
};

}  // namespace xrouter::transformer
