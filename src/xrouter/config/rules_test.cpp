#include "xrouter/config/rules.hpp"

#include <gtest/gtest.h>

#include "xrouter/base/rng.hpp"

namespace xrouter::config {
namespace {

template <class T>
tl::expected<T, Problem> read(const Rule<T>& rule, std::string_view yaml) {
  auto root = parse_yaml(yaml);
  if (!root) return tl::unexpected(root.error());
  return rule.read(*root);
}

template <class T>
std::string wrong(const Rule<T>& rule, std::string_view yaml) {
  auto value = read(rule, yaml);
  return value ? "" : value.error().text;
}

TEST(Rules, numbers_are_what_they_look_like) {
  const auto rule = rules::whole_number<int>(1, 100);
  EXPECT_EQ(read(rule, "8"), 8);
  EXPECT_EQ(read(rule, "100"), 100);
  EXPECT_EQ(wrong(rule, "101"), "must be a whole number from 1 to 100, not '101'");
  EXPECT_EQ(wrong(rule, "010"), "must be a whole number from 1 to 100, not '010'; leave the leading zero out");
  EXPECT_EQ(wrong(rule, "'8'"), "must be a whole number from 1 to 100, not the quoted text '8'; leave the quotes out");
  EXPECT_EQ(wrong(rule, "99999999999999999999"), "must be a whole number from 1 to 100, not '99999999999999999999'");
  for (std::string_view text : {"0x10", "1e1", "8.0", "+8", "4 MB", "true", "~", "[8]", "{a: 8}", "1_0"})
    EXPECT_NE(wrong(rule, text), "") << text;
}

TEST(Rules, decimals_have_no_infinities_and_no_exponents) {
  const auto rule = rules::decimal(0, 10);
  EXPECT_EQ(read(rule, "0.25"), 0.25);
  EXPECT_EQ(read(rule, "10"), 10.0);
  for (std::string_view text : {".inf", "-.inf", ".nan", "inf", "nan", "1e1", "-0.5", "10.5", "0x1", "01.5", "1.2.3"})
    EXPECT_NE(wrong(rule, text), "") << text;
}

TEST(Rules, booleans_are_only_true_and_false) {
  const auto rule = rules::boolean();
  EXPECT_EQ(read(rule, "true"), true);
  EXPECT_EQ(read(rule, "false"), false);
  for (std::string_view text : {"yes", "no", "on", "off", "y", "n", "True", "TRUE", "1", "'true'"})
    EXPECT_EQ(wrong(rule, text).substr(0, 27), "must be true or false, not ") << text;
}

TEST(Rules, prices_are_exact_and_a_unit_slip_is_refused) {
  const auto rule = rules::usd_per_mtok();
  EXPECT_EQ(read(rule, "\"2.50\"").value(), Usd::from_pico(2'500'000));
  EXPECT_EQ(read(rule, "2.50").value(), Usd::from_pico(2'500'000)) << "plain text is as exact as quoted text";
  EXPECT_EQ(read(rule, "0.000001").has_value(), false) << "below 0.001 USD per million";
  EXPECT_EQ(read(rule, "0.001").value(), Usd::from_pico(1'000));
  EXPECT_EQ(read(rule, "1000").value(), Usd::from_pico(1'000'000'000));
  EXPECT_EQ(read(rule, "0").value(), Usd::zero()) << "zero is stated, not unknown";
  EXPECT_EQ(read(rule, "null").value(), std::nullopt);
  EXPECT_EQ(
      wrong(rule, "3200"),
      "must be US dollars per million tokens such as \"2.50\", or null for unknown, not '3200': outside 0.001 to 1000; is the unit right?");
  for (std::string_view text : {"-1", "1000.000001", "0.1234567", "1,5", "$2", "two", ".inf", "[1]"})
    EXPECT_NE(wrong(rule, text), "") << text;
}

TEST(Rules, what_a_rule_shows_it_reads_back) {
  Rng rng(7);
  const auto number = rules::whole_number<std::int64_t>(-1'000'000'000'000, 1'000'000'000'000);
  const auto decimal = rules::decimal(-1e6, 1e6);
  const auto price = rules::usd_per_mtok();
  const auto text = rules::text();
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t whole = static_cast<std::int64_t>(rng.below(2'000'000'000'001)) - 1'000'000'000'000;
    EXPECT_EQ(read(number, number.show(whole)), whole);
    const double fraction = (rng.uniform() - 0.5) * 1e6;
    EXPECT_EQ(read(decimal, decimal.show(fraction)), fraction);
    const std::optional<Usd> rate = Usd::from_pico(1'000 + static_cast<std::int64_t>(rng.below(999'999'001)));
    EXPECT_EQ(read(price, price.show(rate)).value(), rate);
    std::string words;
    for (std::uint64_t n = rng.below(20); n > 0; --n) words += static_cast<char>(' ' + rng.below(95));
    EXPECT_EQ(read(text, text.show(words)), words) << text.show(words);
  }
  EXPECT_EQ(read(text, text.show("tab\tline\nquote\"back\\slash/ \u00e4\u20ac\U0001F600")),
            "tab\tline\nquote\"back\\slash/ \u00e4\u20ac\U0001F600");
}

}  // namespace
}  // namespace xrouter::config
