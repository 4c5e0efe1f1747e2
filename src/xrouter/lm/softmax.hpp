// The loops over a whole vocabulary: maximum, sum of exponentials, masks. Written with vector types, because at
// 50,000 to 150,000 logits a row and 32 rows a pass the library's exp alone would cost as much as the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace xrouter::lm {

/// Values summed together, so that a draw finds its place without adding up the whole row again.
inline constexpr std::size_t kSoftmaxBlock = 1024;
inline std::size_t softmax_blocks(std::size_t values) { return (values + kSoftmaxBlock - 1) / kSoftmaxBlock; }

/// The largest value; NaN are overlooked (sum_exp finds them).
float max_of(std::span<const float> values);

/// Sum of exp((value - max) * scale), within 1e-6 of itself; NaN when a value is NaN or all are -inf.
/// `block_sums`, when not empty, gets the sum of each block.
double sum_exp(std::span<const float> values, float max, float scale, std::span<double> block_sums = {});

/// exp((value - max) * scale) of each, the very numbers that sum_exp adds. `out` has the same size.
void exps_of(std::span<const float> values, float max, float scale, std::span<float> out);

/// Copies the values whose bit is set, -inf for the others; bits that `words` does not have are not set.
void mask_copy(std::span<const float> values, std::span<const std::uint64_t> words, std::span<float> out);

}  // namespace xrouter::lm
