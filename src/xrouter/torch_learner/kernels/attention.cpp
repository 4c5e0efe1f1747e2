#include "xrouter/torch_learner/kernels/attention.hpp"

#if XROUTER_KERNELS_AVX512

#include <cmath>
#include <limits>
#include <memory>

#include "xrouter/torch_learner/kernels/small_product.hpp"
#include "xrouter/torch_learner/kernels/vector_exp.hpp"
#include "xrouter/transformer/kernels/parallel.hpp"

namespace xrouter::torch_learner::kernels {

using transformer::kernels::Bf16;
using transformer::kernels::kWidth;
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

/// dim rows of `rows` values each, from rows [T, width] at one head's columns.
template <class T>
XROUTER_AVX512 void transpose_head(const T* from, std::int64_t width, std::int64_t rows, std::int64_t dim, float* to, std::int64_t stride) {
  alignas(64) float piece[kWidth][kWidth];
  for (std::int64_t row = 0; row < rows; row += kWidth) {
    const auto count = std::min<std::int64_t>(kWidth, rows - row);
    for (std::int64_t column = 0; column < dim; column += kWidth) {
      for (std::int64_t i = 0; i < count; ++i) _mm512_store_ps(piece[i], load(from + (row + i) * width + column));
      for (std::int64_t j = 0; j < kWidth; ++j)
        for (std::int64_t i = 0; i < count; ++i) to[(column + j) * stride + row + i] = piece[i][j];
    }
  }
}

template <class T>
XROUTER_AVX512 void copy_head(const T* from, std::int64_t width, std::int64_t rows, std::int64_t dim, float* to, float scale) {
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < dim; column += kWidth)
      store(to + row * dim + column, _mm512_mul_ps(load(from + row * width + column), _mm512_set1_ps(scale)));
}

/// Keys and values of the pass in float32, as the products want them.
struct PackedKeys {
  std::int64_t rows, stride, dim;
  Tensor k, v;    ///< [kv_heads, T, dim]
  Tensor kt, vt;  ///< [kv_heads, dim, stride]; a tile may be read beyond the last key

  template <class T>
  static PackedKeys make(const T* qkv, std::int64_t rows, const HeadShape& shape, bool backward) {
    const Columns columns(shape);
    PackedKeys packed{rows, rows + kTileKeys, shape.head_dim, {}, {}, {}, {}};
    const auto plain = [&] { return at::empty({shape.kv_heads, rows, shape.head_dim}, at::kFloat); };
    const auto turned = [&] { return at::zeros({shape.kv_heads, shape.head_dim, packed.stride}, at::kFloat); };
    packed.kt = turned();
    packed.v = plain();
    if (backward) {
      packed.k = plain();
      packed.vt = turned();
    }
    constexpr std::int64_t kRowsOfATask = 256;
    const auto pieces = (rows + kRowsOfATask - 1) / kRowsOfATask;
    share_out(shape.kv_heads * pieces, [&](std::int64_t task) {
      const auto head = task / pieces, row = task % pieces * kRowsOfATask, count = std::min(kRowsOfATask, rows - row);
      const T* k = qkv + row * columns.width + columns.k + head * columns.dim;
      const T* v = qkv + row * columns.width + columns.v + head * columns.dim;
      transpose_head(k, columns.width, count, columns.dim, packed.turned_row(packed.kt, head) + row, packed.stride);
      copy_head(v, columns.width, count, columns.dim, packed.row(packed.v, head, row), 1);
      if (!backward) return;
      copy_head(k, columns.width, count, columns.dim, packed.row(packed.k, head, row), 1);
      transpose_head(v, columns.width, count, columns.dim, packed.turned_row(packed.vt, head) + row, packed.stride);
    });
    return packed;
  }
  float* row(const Tensor& x, std::int64_t head, std::int64_t index) const { return floats(x) + (head * rows + index) * dim; }
  float* turned_row(const Tensor& x, std::int64_t head) const { return floats(x) + head * dim * stride; }
};

XROUTER_AVX512_INLINE __mmask16 seen(const KeyTile& tile, int query, int vector) {
  return static_cast<__mmask16>(tile.seen[static_cast<std::size_t>(query)] >> static_cast<unsigned>(vector * kWidth));
}

/// Scores to probabilities, in place; returns the log of the sum of the exponentials.
XROUTER_AVX512 float softmax_row(const QueryBlock& block, int query, float* scores) {
  const __m512 nothing = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  __m512 largest = nothing;
  float* at = scores;
  for (const KeyTile& tile : block.tiles)
    for (int vector = 0; vector < kTileVectors; ++vector, at += kWidth) {
      const __m512 masked = _mm512_mask_loadu_ps(nothing, seen(tile, query, vector), at);
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

/// One head of a block's queries, behind each other in float32.
template <class T>
void gather_queries(const QueryBlock& block, const TreeAttention& plan, const T* from, std::int64_t width, std::int64_t dim, float scale,
                    float* to) {
  for (int i = 0; i < block.count; ++i)
    copy_head(from + plan.query_rows[static_cast<std::size_t>(block.first + i)] * width, width, 1, dim, to + i * dim, scale);
}

/// Memory of one thread, kept between tasks.
float* scratch(std::size_t which, std::size_t size) {
  thread_local std::vector<std::vector<float>> kept(8);
  auto& own = kept[which];
  if (own.size() < size) own.resize(size);
  return own.data();
}

float scale_of(const HeadShape& shape) { return static_cast<float>(1 / std::sqrt(static_cast<double>(shape.head_dim))); }

template <class T>
XROUTER_AVX512 void write_rows(const float* from, int rows, std::int64_t dim, T* to, std::int64_t width) {
  for (int i = 0; i < rows; ++i)
    for (std::int64_t column = 0; column < dim; column += kWidth) store(to + i * width + column, load(from + i * dim + column));
}

/// P and dS of one tile in place of its scores and of dP: P = exp(S - lse), dS = P (dP - delta).
XROUTER_AVX512 void probabilities_of_tile(const KeyTile& tile, int queries, const float* lse, const float* delta, float* scores,
                                          float* dp) {
  for (int query = 0; query < queries; ++query) {
    const __m512 own_lse = _mm512_set1_ps(lse[query]), own_delta = _mm512_set1_ps(delta[query]);
    for (int vector = 0; vector < kTileVectors; ++vector) {
      float* s = scores + query * kTileKeys + vector * kWidth;
      float* d = dp + query * kTileKeys + vector * kWidth;
      const __mmask16 there = seen(tile, query, vector);
      const __m512 p = _mm512_maskz_mov_ps(there, exp_of(_mm512_sub_ps(load(s), own_lse)));
      store(s, p);
      store(d, _mm512_mul_ps(p, _mm512_sub_ps(load(d), own_delta)));
    }
  }
}

XROUTER_AVX512 float dot(const float* left, const float* right, std::int64_t dim) {
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < dim; i += kWidth) sum = _mm512_fmadd_ps(load(left + i), load(right + i), sum);
  return _mm512_reduce_add_ps(sum);
}

}  // namespace

bool fits(const HeadShape& shape) { return shape.head_dim % 32 == 0; }

template <class T>
Attended attend(const Tensor& qkv, const HeadShape& shape, const TreeAttention& plan) {
  const Columns columns(shape);
  const auto dim = shape.head_dim, out_width = shape.heads * dim;
  const auto& blocks = blocks_of(plan).blocks();
  const T* data = static_cast<const T*>(qkv.data_ptr());
  const auto keys = PackedKeys::make(data, qkv.size(0), shape, false);
  Attended all{at::zeros({plan.padded_queries, out_width}, qkv.options()), at::zeros({plan.padded_queries, shape.heads}, at::kFloat)};
  T* out = static_cast<T*>(all.values.data_ptr());
  const auto vectors = static_cast<int>(dim / kWidth);
  const std::size_t longest = most_tiles(blocks) * kTileKeys;
  // Long blocks first: the last ones to be taken are short, and no thread waits long.
  const auto tasks = static_cast<std::int64_t>(blocks.size()) * shape.heads;
  share_out(tasks, [&](std::int64_t task) {
    const QueryBlock& block = blocks[blocks.size() - 1 - static_cast<std::size_t>(task / shape.heads)];
    const auto head = task % shape.heads, kv_head = head / (shape.heads / shape.kv_heads);
    float *q = scratch(0, static_cast<std::size_t>(kBlockQueries * dim)), *o = scratch(1, static_cast<std::size_t>(kBlockQueries * dim));
    float* scores = scratch(2, kBlockQueries * longest);
    const auto stride = static_cast<std::int64_t>(block.tiles.size()) * kTileKeys;
    gather_queries(block, plan, data + head * dim, columns.width, dim, scale_of(shape), q);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const RightBlock k{keys.turned_row(keys.kt, kv_head) + block.tiles[i].begin, keys.stride};
      multiply_block({q, dim, 1}, k, {scores + static_cast<std::int64_t>(i) * kTileKeys, stride}, block.count, kTileVectors,
                     static_cast<int>(dim), false);
    }
    for (int query = 0; query < block.count; ++query)
      floats(all.lse)[(block.first + query) * shape.heads + head] = softmax_row(block, query, scores + query * stride);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const KeyTile& tile = block.tiles[i];
      const RightBlock v{keys.row(keys.v, kv_head, tile.begin), dim};
      multiply_block({scores + static_cast<std::int64_t>(i) * kTileKeys, stride, 1}, v, {o, dim}, block.count, vectors, tile.count, i > 0);
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
  BackwardBlock(const HeadShape& shape, const TreeAttention& plan, const PackedKeys& keys, const T* qkv, const float* dy, const T* y,
                const float* lse, float* dqkv)
      : shape_(shape), columns_(shape), plan_(plan), keys_(keys), qkv_(qkv), dy_(dy), y_(y), lse_(lse), dqkv_(dqkv) {}

  void run(const QueryBlock& block, std::int64_t head, KeySums sums) const {
    const auto dim = shape_.head_dim, kv_head = head / (shape_.heads / shape_.kv_heads), out_width = shape_.heads * dim;
    const auto size = static_cast<std::size_t>(kBlockQueries * dim);
    float *q = scratch(0, size), *o = scratch(1, size), *d = scratch(3, size), *dq = scratch(4, size);
    float *s = scratch(5, kBlockQueries * kTileKeys), *dp = scratch(6, kBlockQueries * kTileKeys);
    float lse[kBlockQueries], delta[kBlockQueries];
    gather_queries(block, plan_, qkv_ + head * dim, columns_.width, dim, scale_of(shape_), q);
    const auto at = block.first * out_width + head * dim;
    copy_head(dy_ + at, out_width, block.count, dim, d, 1);
    copy_head(y_ + at, out_width, block.count, dim, o, 1);
    for (int i = 0; i < block.count; ++i) {
      lse[i] = lse_[(block.first + i) * shape_.heads + head];
      delta[i] = dot(d + i * dim, o + i * dim, dim);
    }
    const auto depth = static_cast<int>(dim), vectors = static_cast<int>(dim / kWidth);
    for (std::size_t i = 0; i < block.tiles.size(); ++i) {
      const KeyTile& tile = block.tiles[i];
      const auto at_key = tile.begin * dim;
      multiply_block({q, dim, 1}, {keys_.turned_row(keys_.kt, kv_head) + tile.begin, keys_.stride}, {s, kTileKeys}, block.count,
                     kTileVectors, depth, false);
      multiply_block({d, dim, 1}, {keys_.turned_row(keys_.vt, kv_head) + tile.begin, keys_.stride}, {dp, kTileKeys}, block.count,
                     kTileVectors, depth, false);
      probabilities_of_tile(tile, block.count, lse, delta, s, dp);
      multiply_block({s, 1, kTileKeys}, {d, dim}, {sums.dv + at_key, dim}, tile.count, vectors, block.count, true);
      multiply_block({dp, 1, kTileKeys}, {q, dim}, {sums.dk + at_key, dim}, tile.count, vectors, block.count, true);
      multiply_block({dp, kTileKeys, 1}, {keys_.row(keys_.k, kv_head, tile.begin), dim}, {dq, dim}, block.count, vectors, tile.count,
                     i > 0);
    }
    for (int i = 0; i < block.count; ++i) {
      const auto row = plan_.query_rows[static_cast<std::size_t>(block.first + i)];
      copy_head(dq + i * dim, dim, 1, dim, dqkv_ + row * columns_.width + head * dim, scale_of(shape_));
    }
  }

 private:
  const HeadShape& shape_;
  Columns columns_;
  const TreeAttention& plan_;
  const PackedKeys& keys_;
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
  const auto keys = PackedKeys::make(static_cast<const T*>(qkv.data_ptr()), rows, shape, true);
  Tensor dqkv = at::zeros(qkv.sizes(), at::kFloat);
  // Sums over queries have one owner each, so that their order is fixed; some parts for each key head give every thread work.
  constexpr std::int64_t kWantedTasks = 8;
  const auto parts = std::clamp<std::int64_t>(kWantedTasks / shape.kv_heads, 1, static_cast<std::int64_t>(blocks.size()));
  const Tensor dk = at::zeros({parts, shape.kv_heads, rows, dim}, at::kFloat), dv = at::zeros_like(dk);
  const BackwardBlock<T> backward(shape, plan, keys, static_cast<const T*>(qkv.data_ptr()), floats(dy),
                                  static_cast<const T*>(attended.values.data_ptr()), floats(attended.lse), floats(dqkv));
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
