#include "xrouter/lm/softmax.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace xrouter::lm {
namespace {

// Sixteen lanes whatever the machine has: the compiler splits them, and the order of additions, with it the
// result, stays the same on every processor but for fused multiply-adds.
constexpr std::size_t kLanes = 16;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

#define XROUTER_LM_INLINE inline __attribute__((always_inline))

XROUTER_LM_INLINE void load(Floats& out, const float* from) { std::memcpy(&out, from, sizeof(Floats)); }

// x becomes e^x for x <= 0: e^x = 2^n * e^r with |r| <= ln(2)/2, e^r by a polynomial; off by at most 2 units in
// the last place. Below -87 the result is 0, NaN stays NaN.
XROUTER_LM_INLINE void exp_in_place(Floats& x) {
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const Floats original = x;
  const Floats lowest = Floats{} - 87.0F;
  const Floats clamped = x < lowest ? lowest : x;
  const Floats shifted = clamped * kLog2E + kRound;
  const Floats whole = shifted - kRound;
  const Floats r = (clamped - whole * kLn2High) - whole * kLn2Low;
  Floats y = r * 1.9875691500e-4F + 1.3981999507e-3F;
  y = y * r + 8.3334519073e-3F;
  y = y * r + 4.1665795894e-2F;
  y = y * r + 1.6666665459e-1F;
  y = y * r + 5.0000001201e-1F;
  y = y * (r * r) + r + 1.0F;
  Ints bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  constexpr std::int32_t kRoundBits = 0x4B400000;
  bits = (bits - kRoundBits + 127) << 23;
  Floats power;
  std::memcpy(&power, &bits, sizeof(power));
  y = y * power;
  x = original < lowest ? Floats{} : y;
}

XROUTER_LM_INLINE float max_body(std::span<const float> values) {
  Floats best = Floats{} - std::numeric_limits<float>::infinity();
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    Floats v;
    load(v, values.data() + i);
    best = v > best ? v : best;
  }
  float result = -std::numeric_limits<float>::infinity();
  for (std::size_t lane = 0; lane < kLanes; ++lane) result = std::max(result, best[lane]);
  for (; i < values.size(); ++i) result = values[i] > result ? values[i] : result;
  return result;
}

// The last lanes of a row that does not fill them are -inf: they add nothing.
XROUTER_LM_INLINE void load_exp(Floats& out, std::span<const float> values, std::size_t i, float max, float scale) {
  if (i + kLanes <= values.size()) {
    load(out, values.data() + i);
    out = (out - max) * scale;
  } else {
    out = Floats{} - std::numeric_limits<float>::infinity();
    for (std::size_t lane = 0; i + lane < values.size(); ++lane) out[lane] = (values[i + lane] - max) * scale;
  }
  exp_in_place(out);
}

XROUTER_LM_INLINE double sum_body(std::span<const float> values, float max, float scale, std::span<double> block_sums) {
  double total = 0;
  for (std::size_t begin = 0, block = 0; begin < values.size(); begin += kSoftmaxBlock, ++block) {
    const std::size_t end = std::min(begin + kSoftmaxBlock, values.size());
    Floats sums = Floats{};
    for (std::size_t i = begin; i < end; i += kLanes) {
      Floats v;
      load_exp(v, values.first(end), i, max, scale);
      sums = sums + v;
    }
    double sum = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum += static_cast<double>(sums[lane]);
    if (!block_sums.empty()) block_sums[block] = sum;
    total += sum;
  }
  return total;
}

XROUTER_LM_INLINE void exps_body(std::span<const float> values, float max, float scale, std::span<float> out) {
  for (std::size_t i = 0; i < values.size(); i += kLanes) {
    Floats v;
    load_exp(v, values, i, max, scale);
    std::memcpy(out.data() + i, &v, sizeof(float) * std::min(kLanes, values.size() - i));
  }
}

// One set of loops for each kind of processor, chosen when the program starts.
struct Loops {
  float (*max)(std::span<const float>);
  double (*sum)(std::span<const float>, float, float, std::span<double>);
  void (*exps)(std::span<const float>, float, float, std::span<float>);
};

#define XROUTER_LM_LOOPS(name, attribute)                                                                                           \
  attribute float max_##name(std::span<const float> values) { return max_body(values); }                                           \
  attribute double sum_##name(std::span<const float> values, float max, float scale, std::span<double> block_sums) {               \
    return sum_body(values, max, scale, block_sums);                                                                                \
  }                                                                                                                                 \
  attribute void exps_##name(std::span<const float> values, float max, float scale, std::span<float> out) {                        \
    exps_body(values, max, scale, out);                                                                                             \
  }                                                                                                                                 \
  constexpr Loops kLoops_##name{max_##name, sum_##name, exps_##name};

#if defined(__x86_64__)
XROUTER_LM_LOOPS(avx512, __attribute__((target("avx512f,avx2,fma"))))
XROUTER_LM_LOOPS(avx2, __attribute__((target("avx2,fma"))))
#endif
XROUTER_LM_LOOPS(plain, )

const Loops& loops() {
  static const Loops chosen = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return kLoops_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kLoops_avx2;
#endif
    return kLoops_plain;
  }();
  return chosen;
}

}  // namespace

float max_of(std::span<const float> values) { return loops().max(values); }

double sum_exp(std::span<const float> values, float max, float scale, std::span<double> block_sums) {
  return loops().sum(values, max, scale, block_sums);
}

void exps_of(std::span<const float> values, float max, float scale, std::span<float> out) { loops().exps(values, max, scale, out); }

void mask_copy(std::span<const float> values, std::span<const std::uint64_t> words, std::span<float> out) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  constexpr std::size_t kBits = 64;
  for (std::size_t begin = 0; begin < values.size(); begin += kBits) {
    const std::size_t count = std::min(kBits, values.size() - begin);
    const std::uint64_t word = begin / kBits < words.size() ? words[begin / kBits] : 0;
    const float* from = values.data() + begin;
    float* to = out.data() + begin;
    // Most words are nearly full or nearly empty: the fewer bits are gone through one by one.
    const bool mostly = __builtin_popcountll(word) > 32;
    if (mostly) {
      std::memcpy(to, from, count * sizeof(float));
    } else {
      std::fill_n(to, count, kNever);
    }
    for (std::uint64_t rest = mostly ? ~word : word; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::size_t>(__builtin_ctzll(rest));
      if (bit < count) to[bit] = mostly ? kNever : from[bit];
    }
  }
}

}  // namespace xrouter::lm
