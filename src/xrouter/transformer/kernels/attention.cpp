#include "xrouter/transformer/kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "xrouter/transformer/kernels/vectors.hpp"

// Lanes are query rows, so the softmax needs no sum across a vector, and keys are read as they lie in the cache: one pair of
// a key's values is spread over all lanes. Scores, probabilities and the packed values of a tile of keys stay in the first-level
// cache; the running maximum and sum make the tiles one softmax.

namespace xrouter::transformer::kernels {

#if XROUTER_KERNELS_AVX512

namespace {

constexpr int kTile = 64;       // keys of one round

/// Everything of one block that lives from tile to tile, and the buffers of a tile.
struct alignas(64) Work {
  std::uint32_t queries[kMaxHeadDim / 2][kLanes];    // pairs of values of the lanes' rows
  float sums[kMaxHeadDim][kLanes];                   // of the weighted values, transposed
  float scores[kTile][kLanes];
  std::uint32_t weights[kTile / 2][kLanes];          // pairs of keys' probabilities
  std::uint32_t values[kTile / 2][kMaxHeadDim];      // pairs of keys' values
  float power[kLanes], total[kLanes], rescale[kLanes];
};

XROUTER_AVX512 void pack_queries(const RowBlock& block, int vectors, Work& work) {
  const int pairs = block.head_dim / 2;
  for (int lane = 0; lane < vectors * kWidth; ++lane) {
    const auto row = std::min<std::size_t>(static_cast<std::size_t>(lane), block.queries.size() - 1);
    const Bf16* query = block.queries[row];
    for (int pair = 0; pair < pairs; ++pair) std::memcpy(&work.queries[pair][lane], query + 2 * pair, 4);
  }
}

/// scores[key][lane] of `Keys` keys from `first` on; keys behind the last one repeat it.
template <int Vectors, int Keys>
XROUTER_AVX512_INLINE void score_keys(const Bf16* keys, int first, int count, int head_dim, Work& work) {
  __m512 sum[Keys][Vectors];
  const Bf16* row[Keys];
#pragma GCC unroll 16
  for (int k = 0; k < Keys; ++k) {
    row[k] = keys + static_cast<std::ptrdiff_t>(std::min(first + k, count - 1)) * head_dim;
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) sum[k][v] = _mm512_setzero_ps();
  }
  for (int pair = 0; pair < head_dim / 2; ++pair) {
    __m512i query[Vectors];
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) query[v] = _mm512_load_si512(&work.queries[pair][v * kWidth]);
#pragma GCC unroll 16
    for (int k = 0; k < Keys; ++k) {
      std::int32_t both;
      std::memcpy(&both, row[k] + 2 * pair, 4);
      const __m512i key = _mm512_set1_epi32(both);
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) sum[k][v] = _mm512_dpbf16_ps(sum[k][v], as_bf16(query[v]), as_bf16(key));
    }
  }
#pragma GCC unroll 16
  for (int k = 0; k < Keys; ++k) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) _mm512_store_ps(&work.scores[first + k][v * kWidth], sum[k][v]);
  }
}

/// Pairs of values of two keys beside each other, so that one dot product takes both.
XROUTER_AVX512 void pack_values(const Bf16* values, int count, int head_dim, Work& work) {
  alignas(64) static constexpr std::uint16_t kFront[32] = {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                                           8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
  const __m512i front = _mm512_load_si512(kFront);
  const __m512i back = _mm512_add_epi16(front, _mm512_set1_epi16(16));
  for (int key = 0; key < count; key += 2) {
    const Bf16* even = values + static_cast<std::ptrdiff_t>(key) * head_dim;
    const Bf16* odd = key + 1 < count ? even + head_dim : even;
    for (int at = 0; at < head_dim; at += 32) {
      const __m512i a = _mm512_loadu_si512(even + at), b = _mm512_loadu_si512(odd + at);
      _mm512_store_si512(&work.values[key / 2][at], _mm512_permutex2var_epi16(a, front, b));
      _mm512_store_si512(&work.values[key / 2][at + 16], _mm512_permutex2var_epi16(a, back, b));
    }
  }
}

/// Turns scores into probabilities relative to the running maximum. Returns whether older sums must be rescaled.
template <int Vectors>
XROUTER_AVX512_INLINE bool weigh(int count, float scale, Work& work) {
  const __m512i interleave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
                                              19, 3, 18, 2, 17, 1, 16, 0);
  const __m512i ones = _mm512_set1_epi16(0x3F80);
  // Adding this rounds exponents to multiples of 2^-12: 1e-4 of a weight, less than bf16 keeps, and the same whatever the power is.
  const __m512 grid = _mm512_set1_ps(1.5F * (1 << 11));
  const __m512 factor = _mm512_set1_ps(scale);
  bool moved = false;
  for (int v = 0; v < Vectors; ++v) {
    const int lane = v * kWidth;
    const __m512 before = _mm512_load_ps(&work.power[lane]);
    __m512 top = _mm512_set1_ps(kNoPower), top2 = top;
    for (int key = 0; key + 1 < count; key += 2) {
      top = _mm512_max_ps(top, _mm512_load_ps(&work.scores[key][lane]));
      top2 = _mm512_max_ps(top2, _mm512_load_ps(&work.scores[key + 1][lane]));
    }
    if (count % 2 != 0) {
      top = _mm512_max_ps(top, _mm512_load_ps(&work.scores[count - 1][lane]));
      _mm512_store_ps(&work.scores[count][lane], _mm512_set1_ps(-INFINITY));  // the partner of the last key
    }
    top = _mm512_max_ps(top, top2);
    // Whole powers of two: rescaling is exact, so it does not matter in which tile a maximum turns up, nor how the
    // weights are rounded to bf16.
    const __m512 shift = _mm512_max_ps(before, _mm512_roundscale_ps(_mm512_mul_ps(top, factor), 0x0A));
    const __m512 grid_shift = _mm512_add_ps(grid, shift);
    __m512 total = _mm512_load_ps(&work.total[lane]);
    if (_mm512_cmp_ps_mask(shift, before, _CMP_NEQ_OQ) != 0) {
      const __m512 shrink = _mm512_scalef_ps(_mm512_set1_ps(1), _mm512_sub_ps(before, shift));
      _mm512_store_ps(&work.rescale[lane], shrink);
      total = _mm512_mul_ps(total, shrink);
      moved = true;
    } else {
      _mm512_store_ps(&work.rescale[lane], _mm512_set1_ps(1));
    }
    for (int key = 0; key < count; key += 2) {
      const __m512 a = exp2_of(_mm512_sub_ps(_mm512_fmadd_ps(_mm512_load_ps(&work.scores[key][lane]), factor, grid), grid_shift));
      const __m512 b = exp2_of(_mm512_sub_ps(_mm512_fmadd_ps(_mm512_load_ps(&work.scores[key + 1][lane]), factor, grid), grid_shift));
      const __m512i both = _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(b, a));
      _mm512_store_si512(&work.weights[key / 2][lane], both);
      total = _mm512_dpbf16_ps(total, as_bf16(both), as_bf16(ones));  // of the rounded weights, in the order of the values
    }
    _mm512_store_ps(&work.power[lane], shift);
    _mm512_store_ps(&work.total[lane], total);
  }
  return moved;
}

/// sums[at ...][lane] = rescale * sums + the tile's weighted values.
template <int Vectors, int Columns>
XROUTER_AVX512_INLINE void add_values(int pairs, int at, bool moved, Work& work) {
  __m512 sum[Columns][Vectors];
#pragma GCC unroll 16
  for (int d = 0; d < Columns; ++d) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) sum[d][v] = _mm512_load_ps(&work.sums[at + d][v * kWidth]);
  }
  if (moved) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) {
      const __m512 shrink = _mm512_load_ps(&work.rescale[v * kWidth]);
#pragma GCC unroll 16
      for (int d = 0; d < Columns; ++d) sum[d][v] = _mm512_mul_ps(sum[d][v], shrink);
    }
  }
  for (int pair = 0; pair < pairs; ++pair) {
    __m512i weight[Vectors];
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) weight[v] = _mm512_load_si512(&work.weights[pair][v * kWidth]);
#pragma GCC unroll 16
    for (int d = 0; d < Columns; ++d) {
      const __m512i value = _mm512_set1_epi32(static_cast<int>(work.values[pair][at + d]));
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) sum[d][v] = _mm512_dpbf16_ps(sum[d][v], as_bf16(weight[v]), as_bf16(value));
    }
  }
#pragma GCC unroll 16
  for (int d = 0; d < Columns; ++d) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) _mm512_store_ps(&work.sums[at + d][v * kWidth], sum[d][v]);
  }
}

XROUTER_AVX512 void hide(const LaneMask* seen_by, int count, int vectors, Work& work) {
  for (int key = 0; key < count; ++key) {
    for (int v = 0; v < vectors; ++v) {
      const auto hidden = static_cast<__mmask16>(~(seen_by[key] >> (v * kWidth)));
      _mm512_mask_store_ps(&work.scores[key][v * kWidth], hidden, _mm512_set1_ps(-INFINITY));
    }
  }
}

bool nobody_sees(const LaneMask* seen_by, int count) {
  LaneMask any = 0;
  for (int key = 0; key < count; ++key) any |= seen_by[key];
  return any == 0;
}

template <int Vectors>
XROUTER_AVX512 void attend_to_span(const KeySpan& span, int head_dim, float scale, Work& work) {
  constexpr int kKeys = Vectors == 1 ? 16 : 8;
  constexpr int kColumns = Vectors == 1 ? 16 : 8;
  for (int from = 0; from < span.length; from += kTile) {
    const int count = std::min(kTile, span.length - from);
    if (span.seen_by != nullptr && nobody_sees(span.seen_by + from, count)) continue;
    const Bf16* keys = span.keys + static_cast<std::ptrdiff_t>(from) * head_dim;
    for (int key = 0; key < count; key += kKeys) score_keys<Vectors, kKeys>(keys, key, count, head_dim, work);
    if (span.seen_by != nullptr) hide(span.seen_by + from, count, Vectors, work);
    pack_values(span.values + static_cast<std::ptrdiff_t>(from) * head_dim, count, head_dim, work);
    const bool moved = weigh<Vectors>(count, scale, work);
    for (int at = 0; at < head_dim; at += kColumns) add_values<Vectors, kColumns>((count + 1) / 2, at, moved, work);
  }
}

void start(const RowBlock& block, int lanes, Work& work) {
  for (int d = 0; d < block.head_dim; ++d) std::fill_n(work.sums[d], lanes, 0.0F);
  std::fill_n(work.total, lanes, 0.0F);
  std::fill_n(work.power, lanes, kNoPower);
  if (!block.continues) return;
  for (std::size_t lane = 0; lane < block.states.size(); ++lane) {
    const float* from = block.states[lane];
    for (int d = 0; d < block.head_dim; ++d) work.sums[d][lane] = from[d];
    work.total[lane] = from[block.head_dim];
    work.power[lane] = from[block.head_dim + 1];
  }
}

void finish(const RowBlock& block, const Work& work) {
  for (std::size_t lane = 0; lane < block.states.size(); ++lane) {
    float* to = block.states[lane];
    for (int d = 0; d < block.head_dim; ++d) to[d] = work.sums[d][lane];
    to[block.head_dim] = work.total[lane];
    to[block.head_dim + 1] = work.power[lane];
  }
}

template <int Vectors>
XROUTER_AVX512 void attend_block(const RowBlock& block, Work& work) {
  const float scale = std::sqrt(1.0F / static_cast<float>(block.head_dim)) * 1.44269504F;
  pack_queries(block, Vectors, work);
  start(block, Vectors * kWidth, work);
  for (const KeySpan& span : block.spans) attend_to_span<Vectors>(span, block.head_dim, scale, work);
  finish(block, work);
}

}  // namespace

XROUTER_AVX512 void attend(const RowBlock& block) {
  thread_local Work work;
  const std::size_t vectors = (block.queries.size() + kWidth - 1) / kWidth;
  if (vectors == 1) return attend_block<1>(block, work);
  if (vectors == 2) return attend_block<2>(block, work);
  attend_block<3>(block, work);
}

#endif

}  // namespace xrouter::transformer::kernels
