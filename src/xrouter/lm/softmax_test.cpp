#include "xrouter/lm/softmax.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "xrouter/base/rng.hpp"

namespace xrouter::lm {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::vector<float> random_row(std::size_t size, float spread, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> row;
  for (std::size_t i = 0; i < size; ++i) row.push_back((static_cast<float>(rng.uniform()) - 0.5F) * spread);
  return row;
}

TEST(Softmax, sums_agree_with_double_precision_at_every_length) {
  for (const std::size_t size : {1UL, 2UL, 15UL, 16UL, 17UL, 31UL, 1023UL, 1024UL, 1025UL, 5000UL}) {
    for (const float spread : {0.1F, 10.0F, 300.0F}) {
      const std::vector<float> row = random_row(size, spread, size);
      const float max = max_of(row);
      double expected_max = -1e30, expected = 0;
      for (const float value : row) expected_max = std::max(expected_max, static_cast<double>(value));
      ASSERT_EQ(static_cast<double>(max), expected_max);
      for (const float value : row) expected += std::exp((static_cast<double>(value) - expected_max) * 0.5);
      std::vector<double> blocks(softmax_blocks(size));
      const double sum = sum_exp(row, max, 0.5F, blocks);
      EXPECT_NEAR(sum / expected, 1, 1e-6) << size << " " << spread;
      double of_blocks = 0;
      for (const double block : blocks) of_blocks += block;
      EXPECT_DOUBLE_EQ(of_blocks, sum);
    }
  }
}

TEST(Softmax, exps_are_the_numbers_that_are_summed) {
  const std::vector<float> row = random_row(1000, 20, 3);
  std::vector<float> out(row.size());
  exps_of(row, max_of(row), 1, out);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double expected = std::exp(static_cast<double>(row[i] - max_of(row)));
    EXPECT_NEAR(static_cast<double>(out[i]) / expected, 1, 3e-7);
  }
}

TEST(Softmax, what_is_forbidden_weighs_exactly_nothing) {
  const std::vector<float> row{1, kNever, 2, kNever, -200};
  std::vector<float> out(row.size());
  exps_of(row, 2, 1, out);
  EXPECT_EQ(out[1], 0);
  EXPECT_EQ(out[3], 0);
  EXPECT_EQ(out[4], 0);
  EXPECT_EQ(out[2], 1);
}

TEST(Softmax, a_row_without_probabilities_has_no_sum) {
  std::vector<float> row(40, 1);
  row[33] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(sum_exp(row, max_of(row), 1)));
  row[33] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(sum_exp(row, max_of(row), 1)));
  const std::vector<float> never(40, kNever);
  EXPECT_FALSE(std::isfinite(std::log(sum_exp(never, max_of(never), 1))));
}

TEST(Softmax, masks_copy_the_set_bits_only) {
  const std::vector<float> row = random_row(300, 5, 9);
  Rng rng(4);
  std::vector<std::uint64_t> words{rng.next(), 0, ~std::uint64_t{0}, rng.next()};  // fewer bits than values
  std::vector<float> out(row.size());
  mask_copy(row, words, out);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool set = i < 256 && ((words[i / 64] >> (i % 64)) & 1) != 0;
    EXPECT_EQ(out[i], set ? row[i] : kNever) << i;
  }
}

}  // namespace
}  // namespace xrouter::lm
