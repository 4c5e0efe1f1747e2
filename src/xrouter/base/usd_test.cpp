#include "xrouter/base/usd.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter {
namespace {

std::int64_t pico(std::string_view text) {
  auto usd = Usd::parse(text);
  return usd ? usd->pico() : -999;
}

TEST(Usd, parses_decimal_text_exactly) {
  EXPECT_EQ(pico("0.05"), 50'000'000'000);
  EXPECT_EQ(pico("3e-06"), 3'000'000);
  EXPECT_EQ(pico("7.5e-08"), 75'000);
  EXPECT_EQ(pico("1.25E+1"), 12'500'000'000'000);
  EXPECT_EQ(pico("-0.000000000001"), -1);
  EXPECT_EQ(pico("000.10"), 100'000'000'000);
  EXPECT_EQ(pico("0"), 0);
  EXPECT_EQ(pico(".5"), 500'000'000'000);
  EXPECT_EQ(pico("9223372.036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(Usd, rounds_half_to_even_beyond_twelve_decimals_and_says_so) {
  bool rounded = false;
  EXPECT_EQ(Usd::parse("0.0000000000005", &rounded)->pico(), 0);
  EXPECT_TRUE(rounded);
  EXPECT_EQ(Usd::parse("0.0000000000015", &rounded)->pico(), 2);
  EXPECT_EQ(Usd::parse("0.0000000000025", &rounded)->pico(), 2);
  EXPECT_EQ(Usd::parse("0.00000000000251", &rounded)->pico(), 3);
  EXPECT_EQ(Usd::parse("1e-40", &rounded)->pico(), 0);
  EXPECT_EQ(Usd::parse("0.25", &rounded)->pico(), 250'000'000'000);
  EXPECT_FALSE(rounded);
}

TEST(Usd, refuses_what_is_not_an_amount) {
  for (std::string_view bad : {"", ".", "-", "abc", "1.2.3", "1e", "1e5000", "0x10", "1 ", " 1", ".inf", "nan", "10000000", "9223372.036854775808"})
    EXPECT_FALSE(Usd::parse(bad)) << bad;
  EXPECT_FALSE(Usd::parse(std::string(100, '1')));
}

TEST(Usd, prints_what_it_parses) {
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    auto amount = Usd::from_pico(static_cast<std::int64_t>(rng.next() >> (rng.next() % 60)) * (i % 2 == 0 ? 1 : -1));
    EXPECT_EQ(Usd::parse(amount.to_decimal())->pico(), amount.pico()) << amount.to_decimal();
  }
  EXPECT_EQ(Usd::from_pico(std::numeric_limits<std::int64_t>::min()).to_decimal(), "-9223372.036854775808");
  EXPECT_EQ(Usd::from_pico(3'402'000'000).to_decimal(), "0.003402");
}

TEST(Usd, multiplication_reports_overflow) {
  EXPECT_EQ(Usd::from_pico(50'000).checked_mul(1'000'000)->pico(), 50'000'000'000);
  EXPECT_FALSE(Usd::max().checked_mul(2));
}

TEST(UsdDeathTest, a_sum_that_overflows_ends_the_process) { EXPECT_DEATH((void)(Usd::max() + Usd::from_pico(1)), "broken invariant"); }

TEST(CostLimit, is_exact_and_not_negative) {
  EXPECT_EQ(parse_cost_limit("0.25"), Usd::from_pico(250'000'000'000));
  EXPECT_EQ(parse_cost_limit("0"), Usd::zero());
  for (const char* wrong : {"", "much", "1 USD", "1e300"})
    EXPECT_EQ(parse_cost_limit(wrong).error().public_text, "must be a decimal number of US dollars such as \"0.25\"") << wrong;
  for (const char* wrong : {"-1", "-1e-13"}) EXPECT_EQ(parse_cost_limit(wrong).error().public_text, "must not be negative") << wrong;
  EXPECT_EQ(parse_cost_limit("1e-13").error().public_text, "has more than 12 decimals");
}

TEST(Cost, a_sum_with_an_unknown_part_is_unknown_with_a_lower_bound) {
  Cost sum;
  sum += Cost::exactly(Usd::from_pico(5));
  EXPECT_EQ(sum.total(), Usd::from_pico(5));
  sum += Cost::unknown();
  EXPECT_EQ(sum.total(), std::nullopt);
  EXPECT_EQ(sum.known, Usd::from_pico(5));
}

}  // namespace
}  // namespace xrouter
