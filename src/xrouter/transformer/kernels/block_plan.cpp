#include "xrouter/transformer/kernels/block_plan.hpp"

#include <algorithm>
#include <functional>

#include "xrouter/transformer/kernels/parallel.hpp"
#include "xrouter/transformer/kernels/rows.hpp"

#if XROUTER_KERNELS_AVX512

namespace xrouter::transformer::kernels {

namespace {

const Bf16* data_of(const Tensor& tensor) { return static_cast<const Bf16*>(tensor.data_ptr()); }

}  // namespace

bool fits_blocks(const HeadShape& shape) {
  return shape.head_dim % 32 == 0 && shape.head_dim <= kMaxHeadDim && shape.heads / shape.kv_heads <= kLanes;
}

BlockPlan::BlockPlan(const AttentionPlan& plan, const HeadShape& shape)
    : shape_(shape), group_(shape.heads / shape.kv_heads), last_level_(static_cast<std::size_t>(plan.queries), -1) {
  const auto all = rows_with_same_keys(plan);
  std::vector<int> times(last_level_.size(), 0);
  for (const Rows& rows : all) {
    add_blocks(rows);
    for (const std::int64_t row : rows.queries) ++times[static_cast<std::size_t>(row)];
  }
  for (std::vector<Block>& level : levels_) {
    for (Block& block : level) {
      block.alone = std::all_of(block.rows.begin(), block.rows.end(), [&times](std::int64_t row) { return times[static_cast<std::size_t>(row)] == 1; });
      needs_states_ = needs_states_ || !block.alone;
    }
  }
}

std::vector<BlockPlan::Rows> BlockPlan::rows_with_same_keys(const AttentionPlan& plan) {
  std::vector<Rows> found;
  const auto with_queries = [&found](std::vector<std::int64_t> queries) -> Rows& {
    const auto it = std::find_if(found.begin(), found.end(), [&queries](const Rows& known) { return known.queries == queries; });
    return it != found.end() ? *it : found.emplace_back(Rows{std::move(queries)});
  };
  for (const SharedKeys& shared : plan.shared) with_queries(shared.queries).shared.push_back(&shared);
  for (const FreshKeys& fresh : plan.fresh) {
    std::vector<std::int64_t> queries(fresh.query_tokens.size());
    for (std::size_t i = 0; i < queries.size(); ++i) queries[i] = fresh.first_query + static_cast<std::int64_t>(i);
    if (!queries.empty()) with_queries(std::move(queries)).fresh = &fresh;
  }
  return found;
}

std::size_t BlockPlan::next_level(const Rows& rows) const {
  int last = -1;
  for (const std::int64_t row : rows.queries) last = std::max(last, last_level_[static_cast<std::size_t>(row)]);
  return static_cast<std::size_t>(last + 1);
}

void BlockPlan::add_blocks(const Rows& rows) {
  const std::size_t level = next_level(rows);
  if (levels_.size() <= level) levels_.resize(level + 1);
  for (const std::int64_t row : rows.queries) last_level_[static_cast<std::size_t>(row)] = static_cast<int>(level);
  const auto tokens = static_cast<std::size_t>(kLanes / group_);
  for (std::size_t first = 0; first < rows.queries.size(); first += tokens) {
    const std::size_t count = std::min(tokens, rows.queries.size() - first);
    Block block;
    const auto begin = rows.queries.begin() + static_cast<std::ptrdiff_t>(first);
    block.rows.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    for (const SharedKeys* shared : rows.shared) block.spans.push_back({shared->segment, shared->begin, static_cast<int>(shared->end - shared->begin)});
    if (rows.fresh != nullptr) {
      if (rows.fresh->own > 0) block.spans.push_back({rows.fresh->segment, 0, static_cast<int>(rows.fresh->own)});
      block.spans.push_back(fresh_span(*rows.fresh, first, count));
    }
    levels_[level].push_back(std::move(block));
  }
}

BlockPlan::Span BlockPlan::fresh_span(const FreshKeys& fresh, std::size_t first_row, std::size_t count) const {
  Span span{fresh.segment, fresh.own, 0};
  std::vector<LaneMask> seen_by(static_cast<std::size_t>(fresh.count), 0);
  for (std::size_t row = 0; row < count; ++row) {
    const LaneMask lanes = ((LaneMask{1} << group_) - 1) << (static_cast<std::int64_t>(row) * group_);
    std::int64_t token = fresh.query_tokens[first_row + row];
    span.length = std::max(span.length, static_cast<int>(token) + 1);
    for (; token >= fresh.chain; token = fresh.parents[static_cast<std::size_t>(token)]) seen_by[static_cast<std::size_t>(token)] |= lanes;
    for (; token >= 0; --token) seen_by[static_cast<std::size_t>(token)] |= lanes;
  }
  seen_by.resize(static_cast<std::size_t>(span.length));
  // What all rows see needs no mask: a single new token, the front of a chain.
  if (count * static_cast<std::size_t>(group_) > 0 && std::adjacent_find(seen_by.begin(), seen_by.end(), std::not_equal_to<>()) == seen_by.end()) return span;
  span.seen_by = std::move(seen_by);
  return span;
}

struct BlockPlan::Task {
  std::int64_t layer = 0, kv_head = 0;
  const Bf16* q = nullptr;
  Bf16* out = nullptr;
  float* states = nullptr;  // [queries, heads, head_dim + 2] where needed
};

void BlockPlan::finish_row(const float* state, Bf16* out) const {
  const auto dim = shape_.head_dim;
  scale_row(state, 1 / state[dim], static_cast<int>(dim), out);
}

void BlockPlan::run_block(const Task& task, std::size_t level, const Block& block) const {
  const auto dim = shape_.head_dim, state_size = dim + 2;
  thread_local std::vector<float> own_states(static_cast<std::size_t>(kLanes) * (kMaxHeadDim + 2));
  std::vector<const Bf16*> queries;
  std::vector<float*> states;
  for (const std::int64_t row : block.rows) {
    const std::int64_t head = row * shape_.heads + task.kv_head * group_;
    for (std::int64_t i = 0; i < group_; ++i) {
      states.push_back(block.alone ? own_states.data() + static_cast<std::int64_t>(states.size()) * state_size : task.states + (head + i) * state_size);
      queries.push_back(task.q + (head + i) * dim);
    }
  }
  std::vector<KeySpan> spans;
  for (const Span& span : block.spans) {
    const auto start = (task.kv_head * span.segment->capacity() + span.begin) * dim;
    spans.push_back({data_of(span.segment->keys(task.layer)) + start, data_of(span.segment->values(task.layer)) + start, span.length,
                     span.seen_by.empty() ? nullptr : span.seen_by.data()});
  }
  attend({queries, spans, states, static_cast<int>(dim), !block.alone});
  for (std::size_t lane = 0; lane < queries.size(); ++lane) {
    const std::int64_t row = block.rows[lane / static_cast<std::size_t>(group_)];
    if (last_level_[static_cast<std::size_t>(row)] == static_cast<int>(level)) finish_row(states[lane], task.out + (queries[lane] - task.q));
  }
}

void BlockPlan::run(std::int64_t layer, const Bf16* q, Bf16* out) const {
  const auto state_size = shape_.head_dim + 2;
  std::vector<float> states(needs_states_ ? last_level_.size() * static_cast<std::size_t>(shape_.heads * state_size) : 0, 0.0F);
  for (std::size_t at = static_cast<std::size_t>(state_size) - 1; at < states.size(); at += static_cast<std::size_t>(state_size)) states[at] = kNoPower;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const std::vector<Block>& blocks = levels_[level];
    const auto count = static_cast<std::int64_t>(blocks.size());
    // One key head after the other: its keys stay in the second-level cache for all blocks. Later blocks see more keys and come
    // first, so that the threads end together.
    share_out(count * shape_.kv_heads, [&](std::int64_t index) {
      const Task task{layer, index / count, q, out, states.data()};
      run_block(task, level, blocks[static_cast<std::size_t>(count - 1 - index % count)]);
    });
  }
}

}  // namespace xrouter::transformer::kernels

#endif
