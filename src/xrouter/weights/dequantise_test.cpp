#include "xrouter/weights/dequantise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "xrouter/weights/float_bits.hpp"
#include "xrouter/weights/test_files.hpp"

namespace xrouter::weights {
namespace {

constexpr GgufType kTypes[] = {GgufType::f32,  GgufType::f16,  GgufType::bf16, GgufType::q8_0, GgufType::q4_0, GgufType::q4_1,
                               GgufType::q5_0, GgufType::q5_1, GgufType::q4_k, GgufType::q5_k, GgufType::q6_k};
constexpr std::size_t kValues = 512;  // of each tensor in the golden file

struct GoldenFile {
  GgufFile file;
  std::vector<float> expected;
};

GoldenFile golden_file() {
  auto file = GgufFile::read(map_file(golden(XROUTER_SOURCE_DIR, "quantised.gguf")).value());
  const std::string text = read_text(golden(XROUTER_SOURCE_DIR, "quantised.f32"), 1 << 20).value();
  std::vector<float> expected(text.size() / sizeof(float));
  std::memcpy(expected.data(), text.data(), text.size());
  return {std::move(file.value()), std::move(expected)};
}

const GgufTensor& tensor_of(const GgufFile& file, GgufType type) {
  return file.tensors().at(gguf_type_name(static_cast<std::uint32_t>(type)));
}

TEST(Dequantise, gives_the_values_of_the_gguf_package_bit_for_bit) {
  const GoldenFile golden = golden_file();
  ASSERT_EQ(golden.expected.size(), std::size(kTypes) * kValues);
  const float* expected = golden.expected.data();
  for (const GgufType type : kTypes) {
    std::vector<float> values(kValues);
    dequantise(type, tensor_of(golden.file, type).bytes, values);
    for (std::size_t i = 0; i < kValues; ++i)
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), std::bit_cast<std::uint32_t>(expected[i]))
          << gguf_type_name(static_cast<std::uint32_t>(type)) << " value " << i << ": " << values[i] << " instead of " << expected[i];
    expected += kValues;
  }
}

TEST(Dequantise, rounds_the_same_values_to_bf16) {
  const GoldenFile golden = golden_file();
  const float* expected = golden.expected.data();
  for (const GgufType type : kTypes) {
    std::vector<std::uint16_t> values(kValues);
    dequantise_to_bf16(type, tensor_of(golden.file, type).bytes, values);
    for (std::size_t i = 0; i < kValues; ++i)
      ASSERT_EQ(values[i], bf16_of_f32(expected[i])) << gguf_type_name(static_cast<std::uint32_t>(type)) << " value " << i;
    expected += kValues;
  }
}

TEST(Dequantise, threads_and_reordered_rows_change_no_value) {
  constexpr std::uint64_t kRows = 4096, kRowValues = 512;
  std::string bytes(kRows * kRowValues / 32 * 34, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 26);  // scales stay finite: few bits
  const auto blocks = std::as_bytes(std::span(bytes));
  std::vector<std::uint16_t> plain(kRows * kRowValues);
  dequantise_to_bf16(GgufType::q8_0, blocks, plain);
  EXPECT_EQ(dequantise_rows(GgufType::q8_0, blocks, kRows), plain);
  std::vector<std::uint32_t> backwards(kRows);
  for (std::uint32_t row = 0; row < kRows; ++row) backwards[row] = static_cast<std::uint32_t>(kRows) - 1 - row;
  const auto reordered = dequantise_rows(GgufType::q8_0, blocks, kRows, backwards);
  for (const std::uint64_t row : {std::uint64_t{0}, std::uint64_t{17}, kRows - 1})
    EXPECT_TRUE(std::equal(reordered.begin() + static_cast<std::ptrdiff_t>(row * kRowValues),
                           reordered.begin() + static_cast<std::ptrdiff_t>((row + 1) * kRowValues),
                           plain.begin() + static_cast<std::ptrdiff_t>((kRows - 1 - row) * kRowValues)));
}

TEST(FloatBits, bf16_rounds_to_nearest_with_ties_to_even) {
  EXPECT_EQ(bf16_of_f32(1.0F), 0x3F80);
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3F808000U)), 0x3F80);  // half way, even below
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3F818000U)), 0x3F82);  // half way, even above
  EXPECT_EQ(bf16_of_f32(std::bit_cast<float>(0x3F808001U)), 0x3F81);
  EXPECT_EQ(bf16_of_f32(3.4e38F), 0x7F80);  // beyond the largest: infinity
  EXPECT_EQ(bf16_of_f32(-0.0F), 0x8000);
  EXPECT_TRUE(std::isnan(f32_of_bf16(bf16_of_f32(std::bit_cast<float>(0x7F800001U)))));
}

TEST(FloatBits, half_precision_is_exact_for_every_bit_pattern) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = f32_of_f16(static_cast<std::uint16_t>(bits));
    const int exponent = static_cast<int>((bits >> 10) & 31);
    const auto fraction = static_cast<double>(bits & 1023);
    if (exponent == 31) {
      EXPECT_EQ(std::isinf(value), fraction == 0);
      continue;
    }
    const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    ASSERT_EQ(static_cast<double>(value), (bits & 0x8000) ? -magnitude : magnitude) << bits;
    ASSERT_EQ(std::signbit(value), (bits & 0x8000) != 0) << bits;
  }
}

}  // namespace
}  // namespace xrouter::weights
