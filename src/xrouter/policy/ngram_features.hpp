// The features of a text that the n-gram policy sees. Training and serving share this function.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace xrouter::policy {

/// Only this much of a text is looked at: the start and the end, half each. Bounds the work.
inline constexpr std::size_t kMaxFeatureBytes = 16 * 1024;

/// Distinct hash buckets in ascending order, each of weight `scale`, so that the vector has length 1.
struct TextFeatures {
  std::vector<std::uint32_t> buckets;
  float scale = 0;
};

/// Words, pairs of neighbouring words, and the length of the text on a logarithmic scale. Letters
/// in lower case; numbers by their digit count; every other visible character is a word of its own.
/// Precondition: 1 <= bucket_bits <= 24.
TextFeatures features_of(std::string_view text, int bucket_bits);

}  // namespace xrouter::policy
