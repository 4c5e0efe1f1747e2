#include "xrouter/torch_learner/kernels/attention.hpp"

#if XROUTER_KERNELS_AVX512

#include <cmath>
#include <limits>
#include <memory>

#include "xrouter/torch_learner/kernels/packed_blocks.hpp"
#include "xrouter/torch_learner/kernels/vector_exp.hpp"
#include "xrouter/transformer/kernels/parallel.hpp"

namespace xrouter::torch_learner::kernels {

using transformer::kernels::load;
using transformer::kernels::share_out;
using transformer::kernels::store;

namespace {

constexpr int kTileVectors = kTileKeys / kWidth;

float* floats(const Tensor& x) { return x.data_ptr<float>(); }

/// Where heads lie in the rows of [q, k, v].
struct Columns {
  std::int64_t width, k, v, dim;
  explicit Columns(const HeadShape& shape)
      : width((shape.heads + 2 * shape.kv_heads) * shape.head_dim),
        k(shape.heads * shape.head_dim),
        v(k + shape.kv_heads * shape.head_dim),
        dim(shape.head_dim) {}
};

/// Keys and values of the pass as the products want them. T is even: the depth of a product takes two keys at once.
template <class T>
struct PackedKeys {
  using V = ProductValue<T>;
  static constexpr std::int64_t kPer = kDepthOf<V>;
  std::int64_t rows, stride, dim;
  Tensor k, v;    ///< [kv_heads, T / kPer, dim]: depth across keys
  Tensor kt, vt;  ///< [kv_heads, dim / kPer, stride]: depth across the head; a tile may be read beyond the last key

  static PackedKeys make(const T* qkv, std::int64_t rows, const HeadShape& shape, bool backward) {
    const Columns columns(shape);
    const auto dim = shape.head_dim;
    PackedKeys packed{rows, rows + kTileKeys, dim, {}, {}, {}, {}};
    // Both kinds of values have four bytes.
    const auto plain = [&] { return at::empty({shape.kv_heads, rows / kPer, dim}, at::kFloat); };
    const auto turned = [&] { return at::zeros({shape.kv_heads, dim / kPer, packed.stride}, at::kFloat); };
    packed.kt = turned();
    packed.v = plain();
    if (backward) {
      packed.k = plain();
      packed.vt = turned();
    }
    constexpr std::int64_t kRowsOfATask = 256;
    const auto pieces = (rows + kRowsOfATask - 1) / kRowsOfATask;
    share_out(shape.kv_heads * pieces, [&](std::int64_t task) {
      const auto head = task / pieces, begin = task % pieces * kRowsOfATask, end = std::min(rows, begin + kRowsOfATask);
      for (auto row = begin; row < end; row += kPer) {
        const T* k = qkv + row * columns.width + columns.k + head * dim;
        const T* v = qkv + row * columns.width + columns.v + head * dim;
        packed.add_turned(packed.kt, head, row, k, columns.width);
        add_rows(v, columns.width, dim, packed.at(packed.v, head, row));
        if (!backward) continue;
        add_rows(k, columns.width, dim, packed.at(packed.k, head, row));
        packed.add_turned(packed.vt, head, row, v, columns.width);
      }
    });
    return packed;
  }
  /// Where key `row` begins; it is even for pairs.
  V* at(const Tensor& x, std::int64_t head, std::int64_t row) const {
    return static_cast<V*>(x.data_ptr()) + (head * rows + row) / kPer * dim;
  }
  V* turned_at(const Tensor& x, std::int64_t head, std::int64_t row) const {
    return static_cast<V*>(x.data_ptr()) + head * dim / kPer * stride + row;
  }

 private:
  static void add_rows(const float* from, std::int64_t, std::int64_t dim, float* to) { copy_row(from, dim, to); }
  static void add_rows(const Bf16* from, std::int64_t width, std::int64_t dim, Pair* to) { join_rows(from, from + width, dim, to); }
  void add_turned(const Tensor& x, std::int64_t head, std::int64_t row, const T* from, std::int64_t width) const {
    for (std::int64_t i = 0; i < kPer; ++i) scatter_row(from + i * width, dim, turned_at(x, head, row + i), stride);
  }
};

XROUTER_AVX512_INLINE __mmask16 seen(const KeyTile& tile, int query, int vector) {
  return static_cast<__mmask16>(tile.seen[static_cast<std::size_t>(query)] >> static_cast<unsigned>(vector * kWidth));
}

/// Scores to probabilities, in place; returns the log of the sum of the exponentials.
XROUTER_AVX512 float softmax_row(const QueryBlock& block, int query, float scale_by, float* scores) {
  const __m512 nothing = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  __m512 largest = nothing;
  float* at = scores;
  for (const KeyTile& tile : block.tiles)
    for (int vector = 0; vector < kTileVectors; ++vector, at += kWidth) {
      const __m512 masked = _mm512_mask_mul_ps(nothing, seen(tile, query, vector), load(at), _mm512_set1_ps(scale_by));
      store(at, masked);
      largest = _mm512_max_ps(largest, masked);
    }
  const float top = _mm512_reduce_max_ps(largest);
  __m512 sum = _mm512_setzero_ps();
  for (float* p = scores; p < at; p += kWidth) {
    const __m512 e = exp_of(_mm512_sub_ps(load(p), _mm512_set1_ps(top)));
    store(p, e);
    sum = _mm512_add_ps(sum, e);
  }
  const float total = _mm512_reduce_add_ps(sum);
  const __m512 scale = _mm512_set1_ps(1 / total);
  for (float* p = scores; p < at; p += kWidth) store(p, _mm512_mul_ps(load(p), scale));
  return top + std::log(total);
}

const AttentionBlocks& blocks_of(const TreeAttention& plan) {
  if (plan.kernel == nullptr) plan.kernel = std::make_shared<AttentionBlocks>(plan);
  return static_cast<const AttentionBlocks&>(*plan.kernel);
}

std::size_t most_tiles(const std::vector<QueryBlock>& blocks) {
  std::size_t most = 0;
  for (const QueryBlock& block : blocks) most = std::max(most, block.tiles.size());
  return most;
}

/// Memory of one thread, kept between tasks.
template <class V>
V* scratch(std::size_t which, std::size_t size) {
  struct Room {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  constexpr std::size_t kRooms = 12;
  thread_local Room rooms[kRooms];
  Room& room = rooms[which];
  if (room.size < size * sizeof(V)) room = {std::make_unique<std::byte[]>(size * sizeof(V)), size * sizeof(V)};
  return reinterpret_cast<V*>(room.bytes.get());
}

float scale_of(const HeadShape& shape) { return static_cast<float>(1 / std::sqrt(static_cast<double>(shape.head_dim))); }

template <class T>
XROUTER_AVX512 void write_rows(const float* from, int rows, std::int64_t dim, T* to, std::int64_t width) {
  for (int i = 0; i < rows; ++i)
    for (std::int64_t column = 0; column < dim; column += kWidth) store(to + i * width + column, load(from + i * dim + column));
}

/// P and dS of one tile in place of its scores and of dP: P = exp(scale S - lse), dS = scale P (dP - delta).
XROUTER_AVX512 void probabilities_of_tile(const KeyTile& tile, int queries, const float* lse, const float* delta, float scale_by,
                                          float* scores, float* dp) {
  const __m512 scale = _mm512_set1_ps(scale_by);
  for (int query = 0; query < queries; ++query) {
    const __m512 own_lse = _mm512_set1_ps(lse[query]), own_delta = _mm512_set1_ps(delta[query]);
    for (int vector = 0; vector < kTileVectors; ++vector) {
      float* s = scores + query * kTileKeys + vector * kWidth;
      float* d = dp + query * kTileKeys + vector * kWidth;
      const __mmask16 there = seen(tile, query, vector);
      const __m512 p = _mm512_maskz_mov_ps(there, exp_of(_mm512_fmsub_ps(load(s), scale, own_lse)));
      store(s, p);
      store(d, _mm512_mul_ps(_mm512_mul_ps(p, scale), _mm512_sub_ps(load(d), own_delta)));
    }
  }
}

template <class T>
XROUTER_AVX512 float dot(const float* left, const T* right, std::int64_t dim) {
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < dim; i += kWidth) sum = _mm512_fmadd_ps(load(left + i), load(right + i), sum);
  return _mm512_reduce_add_ps(sum);
}

}  // namespace

bool fits(const HeadShape& shape) { return shape.head_dim % 32 == 0; }

template <class T>
Attended attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) {
  using V = ProductValue<T>;
  const Columns columns(shape);
  const auto dim = shape.head_dim, out_width = shape.heads * dim;
  const auto& blocks = blocks_of(plan).blocks();
  const T* data = static_cast<const T*>(qkv.data_ptr());
  const auto keys = PackedKeys<T>::make(data, qkv.size(0), shape, false);
  Attended all{at::zeros({plan.padded_queries, out_width}, qkv.options()), at::zeros({plan.padded_queries, shape.heads}, at::kFloat)};
  T* out = static_cast<T*>(all.values.data_ptr());
  const auto vectors = static_cast<int>(dim / kWidth), depth = static_cast<int>(dim / kDepthOf<V>);
  const std::size_t longest = most_tiles(blocks) * kTileKeys;
  // Long blocks first: the last ones to be taken are short, and no thread waits long.
  const auto tasks = static_cast<std::int64_t>(blocks.size()) * shape.heads;
  share_out(tasks, [&](std::int64_t task) {
    const QueryBlock& block = blocks[blocks.size() - 1 - static_cast<std::size_t>(task / shape.heads)];
    const auto head = task % shape.heads, kv_head = head / (shape.heads / shape.kv_heads);
    V* q = scratch<V>(0, static_cast<std::size_t>(kBlockQueries * dim));
    float* o = scratch<float>(1, static_cast<std::size_t>(kBlockQueries * dim));
    float* scores = scratch<float>(2, kBlockQueries * longest);
    V* p = scratch<V>(3, kBlockQueries * kTileKeys);
    const auto stride = static_cast<std::int64_t>(block.tiles.size()) * kTileKeys;
    for (int i = 0; i < block.count; ++i)
      copy_row(data + plan.query_rows[static_cast<std::size_t>(block.first + i)] * columns.width + head * dim, dim, q + i * depth);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const RightBlock<V> k{keys.turned_at(keys.kt, kv_head, block.tiles[i].begin), keys.stride};
      float* to = scores + static_cast<std::int64_t>(i) * kTileKeys;
      multiply_block(LeftBlock<V>{q, depth, 1}, k, {to, stride}, block.count, kTileVectors, depth, false);
    }
    for (int query = 0; query < block.count; ++query)
      floats(all.lse)[(block.first + query) * shape.heads + head] = softmax_row(block, query, scale_of(shape), scores + query * stride);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const KeyTile& tile = block.tiles[i];
      const auto left = left_rows(scores + static_cast<std::int64_t>(i) * kTileKeys, stride, block.count, kTileKeys, p);
      const RightBlock<V> v{keys.at(keys.v, kv_head, tile.begin), dim};
      multiply_block(left, v, {o, dim}, block.count, vectors, (tile.count + kDepthOf<V> - 1) / kDepthOf<V>, i > 0);
    }
    write_rows(o, block.count, dim, out + block.first * out_width + head * dim, out_width);
  });
  return all;
}

namespace {

/// What the blocks of one part add up for one key head.
struct KeySums {
  float *dk, *dv;
};

/// One block of one head: dq is written, dk and dv are added to.
template <class T>
class BackwardBlock {
 public:
  BackwardBlock(const HeadShape& shape, const TreeAttention& plan, const PackedKeys<T>& keys, const T* qkv, const float* dy,
                const Attended& attended, float* dqkv)
      : shape_(shape),
        columns_(shape),
        plan_(plan),
        keys_(keys),
        qkv_(qkv),
        dy_(dy),
        y_(static_cast<const T*>(attended.values.data_ptr())),
        lse_(floats(attended.lse)),
        dqkv_(dqkv) {}

  void run(const QueryBlock& block, std::int64_t head, KeySums sums) const {
    const auto dim = shape_.head_dim, kv_head = head / (shape_.heads / shape_.kv_heads);
    const auto size = static_cast<std::size_t>(kBlockQueries * dim);
    constexpr std::size_t kTile = kBlockQueries * kTileKeys;
    V *q = scratch<V>(0, size), *d = scratch<V>(3, size), *left = scratch<V>(4, kTile);
    float *s = scratch<float>(5, kTile), *dp = scratch<float>(6, kTile), *dq = scratch<float>(7, size);
    Rows rows;
    gather(block, head, q, d, rows);
    const auto q_right = right_rows(q, dim, block.count, scratch<V>(8, size)),
               d_right = right_rows(d, dim, block.count, scratch<V>(9, size));
    const auto depth = static_cast<int>(dim / kPer), vectors = static_cast<int>(dim / kWidth), queries = halved(block.count);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const KeyTile& tile = block.tiles[i];
      const auto product = [&](V* rows_of, const Tensor& turned, float* to) {
        const RightBlock<V> right{keys_.turned_at(turned, kv_head, tile.begin), keys_.stride};
        multiply_block(LeftBlock<V>{rows_of, depth, 1}, right, {to, kTileKeys}, block.count, kTileVectors, depth, false);
      };
      product(q, keys_.kt, s);
      product(d, keys_.vt, dp);
      probabilities_of_tile(tile, block.count, rows.lse, rows.delta, scale_of(shape_), s, dp);
      if (block.count % 2 != 0) {  // half of the last pair
        std::fill_n(s + block.count * kTileKeys, kTileKeys, 0.0F);
        std::fill_n(dp + block.count * kTileKeys, kTileKeys, 0.0F);
      }
      const auto at_key = tile.begin * dim;
      multiply_block(left_columns(s, kTileKeys, block.count, left), d_right, {sums.dv + at_key, dim}, tile.count, vectors, queries, true);
      multiply_block(left_columns(dp, kTileKeys, block.count, left), q_right, {sums.dk + at_key, dim}, tile.count, vectors, queries, true);
      const RightBlock<V> k{keys_.at(keys_.k, kv_head, tile.begin), dim};
      multiply_block(left_rows(dp, kTileKeys, block.count, kTileKeys, left), k, {dq, dim}, block.count, vectors, halved(tile.count), i > 0);
    }
    for (int i = 0; i < block.count; ++i) std::copy_n(dq + i * dim, dim, dqkv_ + row_of(block, i) * columns_.width + head * dim);
  }

 private:
  using V = ProductValue<T>;
  static constexpr int kPer = kDepthOf<V>;
  struct Rows {
    float lse[kBlockQueries], delta[kBlockQueries];
  };

  static int halved(int count) { return (count + kPer - 1) / kPer; }
  std::int64_t row_of(const QueryBlock& block, int query) const { return plan_.query_rows[static_cast<std::size_t>(block.first + query)]; }

  void gather(const QueryBlock& block, std::int64_t head, V* q, V* d, Rows& rows) const {
    const auto dim = shape_.head_dim, width = dim / kPer, out_width = shape_.heads * dim;
    for (int i = 0; i < block.count; ++i) {
      const auto at = (block.first + i) * out_width + head * dim;
      copy_row(qkv_ + row_of(block, i) * columns_.width + head * dim, dim, q + i * width);
      copy_row(dy_ + at, dim, d + i * width);
      rows.lse[i] = lse_[(block.first + i) * shape_.heads + head];
      rows.delta[i] = dot(dy_ + at, y_ + at, dim);
    }
    if (block.count % 2 == 0) return;
    std::fill_n(q + block.count * width, width, V{});
    std::fill_n(d + block.count * width, width, V{});
  }

  const HeadShape& shape_;
  Columns columns_;
  const TreeAttention& plan_;
  const PackedKeys<T>& keys_;
  const T* qkv_;
  const float* dy_;
  const T* y_;
  const float* lse_;
  float* dqkv_;
};

XROUTER_AVX512 void add_parts(const float* parts, std::int64_t count, std::int64_t distance, std::int64_t dim, float* to) {
  for (std::int64_t column = 0; column < dim; column += kWidth) {
    __m512 sum = load(parts + column);
    for (std::int64_t part = 1; part < count; ++part) sum = _mm512_add_ps(sum, load(parts + part * distance + column));
    store(to + column, sum);
  }
}

}  // namespace

template <class T>
Tensor attend_backward(const Tensor& dy, const Attended& attended, const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) {
  const auto& blocks = blocks_of(plan).blocks();
  const auto rows = qkv.size(0), dim = shape.head_dim, group = shape.heads / shape.kv_heads;
  const Columns columns(shape);
  const auto keys = PackedKeys<T>::make(static_cast<const T*>(qkv.data_ptr()), rows, shape, true);
  Tensor dqkv = at::zeros(qkv.sizes(), at::kFloat);
  // Sums over queries have one owner each, so that their order is fixed; some parts for each key head give every thread work.
  constexpr std::int64_t kWantedTasks = 8;
  const auto parts = std::clamp<std::int64_t>(kWantedTasks / shape.kv_heads, 1, static_cast<std::int64_t>(blocks.size()));
  const Tensor dk = at::zeros({parts, shape.kv_heads, rows, dim}, at::kFloat), dv = at::zeros_like(dk);
  const BackwardBlock<T> backward(shape, plan, keys, static_cast<const T*>(qkv.data_ptr()), floats(dy), attended, floats(dqkv));
  share_out(parts * shape.kv_heads, [&](std::int64_t task) {
    const auto part = task / shape.kv_heads, kv_head = task % shape.kv_heads;
    const auto at = (part * shape.kv_heads + kv_head) * rows * dim;
    for (auto index = static_cast<std::size_t>(part); index < blocks.size(); index += static_cast<std::size_t>(parts))
      for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
        backward.run(blocks[index], head, {floats(dk) + at, floats(dv) + at});
  });
  const auto distance = shape.kv_heads * rows * dim;
  transformer::kernels::share_out_rows(rows, columns.width, [&](std::int64_t row) {
    for (std::int64_t head = 0; head < shape.kv_heads; ++head) {
      const auto at = (head * rows + row) * dim;
      float* to = floats(dqkv) + row * columns.width + head * dim;
      add_parts(floats(dk) + at, parts, distance, dim, to + columns.k);
      add_parts(floats(dv) + at, parts, distance, dim, to + columns.v);
    }
  });
  return dqkv;
}

template Attended attend<float>(const Tensor&, const HeadShape&, const TreeAttention&);
template Attended attend<Bf16>(const Tensor&, const HeadShape&, const TreeAttention&);
template Tensor attend_backward<float>(const Tensor&, const Attended&, const Tensor&, const HeadShape&, const TreeAttention&);
template Tensor attend_backward<Bf16>(const Tensor&, const Attended&, const Tensor&, const HeadShape&, const TreeAttention&);

}  // namespace xrouter::torch_learner::kernels

#endif
