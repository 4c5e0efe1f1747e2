#include "xrouter/policy/ngram_features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "xrouter/base/assert.hpp"
#include "xrouter/base/rng.hpp"

namespace xrouter::policy {
namespace {

constexpr std::uint64_t kWord = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t kLength = 0xd1b54a32d192ed03ULL;
constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325ULL;
constexpr std::uint64_t kFnvPrime = 0x100000001b3ULL;

bool is_letter(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 32) : c; }
std::uint64_t mixed(std::uint64_t value) { return Rng(value).next(); }

// The hash of the word at the front of `text`, which is taken off; 0 for a blank.
std::uint64_t take_word(std::string_view& text) {
  std::size_t length = 1;
  std::uint64_t hash = kFnvBasis;
  const auto first = static_cast<unsigned char>(text[0]);
  if (is_letter(first)) {
    while (length < text.size() && is_letter(static_cast<unsigned char>(text[length]))) ++length;
    for (const char c : text.substr(0, length)) hash = (hash ^ lower(static_cast<unsigned char>(c))) * kFnvPrime;
  } else if (is_digit(first)) {
    while (length < text.size() && is_digit(static_cast<unsigned char>(text[length]))) ++length;
    hash = (hash ^ (0x100 + std::min<std::size_t>(length, 8))) * kFnvPrime;
  } else {
    hash = first <= ' ' ? 0 : (hash ^ first) * kFnvPrime;
  }
  text.remove_prefix(length);
  return hash;
}

void add_words(std::string_view text, int bucket_bits, std::vector<std::uint32_t>& buckets) {
  const auto bucket = [bucket_bits](std::uint64_t hash) { return static_cast<std::uint32_t>(mixed(hash) >> (64 - bucket_bits)); };
  std::uint64_t before = kWord;
  while (!text.empty()) {
    const std::uint64_t word = take_word(text);
    if (word == 0) continue;
    buckets.push_back(bucket(word));
    buckets.push_back(bucket(std::rotl(before, 21) ^ word));
    before = word;
  }
}

}  // namespace

TextFeatures features_of(std::string_view text, int bucket_bits) {
  XROUTER_ASSERT(bucket_bits >= 1 && bucket_bits <= 24, "weights files are checked when loaded");
  TextFeatures out;
  if (text.size() <= kMaxFeatureBytes) {
    add_words(text, bucket_bits, out.buckets);
  } else {
    add_words(text.substr(0, kMaxFeatureBytes / 2), bucket_bits, out.buckets);
    add_words(text.substr(text.size() - kMaxFeatureBytes / 2), bucket_bits, out.buckets);
  }
  // Half octaves, each also switching on its predecessor: neighbours share what they learn.
  const auto length = static_cast<std::uint64_t>(2 * std::log2(static_cast<double>(text.size()) + 1));
  for (const std::uint64_t step : {length, length + 1}) out.buckets.push_back(static_cast<std::uint32_t>(mixed(kLength + step) >> (64 - bucket_bits)));
  std::sort(out.buckets.begin(), out.buckets.end());
  out.buckets.erase(std::unique(out.buckets.begin(), out.buckets.end()), out.buckets.end());
  out.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(out.buckets.size())));
  return out;
}

}  // namespace xrouter::policy
