// An attention plan cut into blocks of query rows that kernels::attend() works on.
#pragma once

#include <cstdint>
#include <vector>

#include "xrouter/transformer/attention_plan.hpp"
#include "xrouter/transformer/kernels/attention.hpp"
#include "xrouter/transformer/ops.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::transformer::kernels {

/// Made once a pass, run for every layer.
class BlockPlan final : public KernelPlan {
 public:
  BlockPlan(const AttentionPlan& plan, const HeadShape& shape);

  /// q and out: [queries, heads, head_dim], contiguous bf16.
  void run(std::int64_t layer, const Bf16* q, Bf16* out) const;

 private:
  struct Span {
    const KvSegment* segment = nullptr;
    std::int64_t begin = 0;
    int length = 0;
    std::vector<LaneMask> seen_by = {};  ///< empty: all lanes see all keys
  };
  /// Query rows that share all their keys but for masks. A row may be in several blocks, one a level.
  struct Block {
    std::vector<std::int64_t> rows;
    std::vector<Span> spans;
    bool alone = true;  ///< its rows are in no other block
  };
  struct Rows {
    std::vector<std::int64_t> queries;
    std::vector<const SharedKeys*> shared = {};
    const FreshKeys* fresh = nullptr;
  };

  static std::vector<Rows> rows_with_same_keys(const AttentionPlan& plan);
  std::size_t next_level(const Rows& rows) const;
  void add_blocks(const Rows& rows);
  Span fresh_span(const FreshKeys& fresh, std::size_t first_row, std::size_t count) const;
  struct Task;
  void run_block(const Task& task, std::size_t level, const Block& block) const;
  void finish_row(const float* state, Bf16* out) const;

  HeadShape shape_;
  std::int64_t group_;  ///< query heads of a key head
  std::vector<std::vector<Block>> levels_;  ///< what a row attends to first comes first
  std::vector<int> last_level_;             ///< of each query row; -1: none yet
  bool needs_states_ = false;
};

/// Whether attend() can work with these heads.
bool fits_blocks(const HeadShape& shape);

}  // namespace xrouter::transformer::kernels

#endif
