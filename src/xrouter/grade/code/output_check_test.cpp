#include "xrouter/grade/code/output_check.hpp"

#include <gtest/gtest.h>

namespace xrouter::grade::code {
namespace {

bool tolerant(std::string_view printed, std::string_view key) { return output_matches(printed, key, Checker::tolerant_tokens, {}); }
bool decimals(std::string_view printed, std::string_view key) { return output_matches(printed, key, Checker::decimal_tokens, {}); }

TEST(OutputCheck, white_space_at_the_edges_does_not_matter) {
  for (const auto check : {tolerant, decimals}) {
    EXPECT_TRUE(check("1 2 ", "1 2"));
    EXPECT_TRUE(check("1  2\r\n\n", "1 2\n"));
    EXPECT_FALSE(check("1\n2", "1 2"));
    EXPECT_FALSE(check("12", "1 2"));
    EXPECT_FALSE(check("", "1"));
  }
}

TEST(OutputCheck, integers_are_exact_however_large) {
  for (const auto check : {tolerant, decimals}) {
    EXPECT_FALSE(check("9007199254740993", "9007199254740992"));
    EXPECT_FALSE(check("1000001", "1000000"));
    EXPECT_FALSE(check("1.0000005", "1"));
    EXPECT_TRUE(check("1.0", "1"));
    EXPECT_TRUE(check("+7", "7"));
    EXPECT_TRUE(check("007", "7"));
    EXPECT_FALSE(check("123456789012345678901234567891", "123456789012345678901234567890"));
  }
}

TEST(OutputCheck, fractions_may_differ_only_where_the_data_set_allows) {
  EXPECT_TRUE(tolerant("0.3333333", "0.33333334"));
  EXPECT_TRUE(tolerant("1", "1.0000001"));
  EXPECT_TRUE(tolerant("1000000.5", "1000000.0"));
  EXPECT_FALSE(tolerant("0.333", "0.33333334"));
  EXPECT_FALSE(decimals("0.3333333", "0.33333334"));
  EXPECT_TRUE(decimals("1.50", "1.5"));
  EXPECT_TRUE(decimals("1e3", "1000"));
}

TEST(OutputCheck, nan_and_words_equal_no_number) {
  EXPECT_FALSE(tolerant("nan", "1"));
  EXPECT_FALSE(tolerant("nan", "0.5"));
  EXPECT_FALSE(tolerant("inf", "0.5"));
  EXPECT_FALSE(tolerant("0x1", "1"));
  EXPECT_FALSE(tolerant("1e", "1"));
  EXPECT_FALSE(tolerant("--1", "-1"));
}

TEST(OutputCheck, yes_and_no_may_be_written_in_any_case) {
  EXPECT_TRUE(tolerant("YES", "Yes"));
  EXPECT_FALSE(tolerant("YES", "No"));
  EXPECT_FALSE(tolerant("Alice", "alice"));
  EXPECT_FALSE(decimals("YES", "Yes"));
}

TEST(OutputCheck, words_are_never_a_set) {
  EXPECT_FALSE(tolerant("b a", "a b"));
  EXPECT_FALSE(output_matches("b a\nc", "a b\nc", Checker::unordered_lines, {}));
  EXPECT_TRUE(output_matches("c\na b\n", "a  b\nc", Checker::unordered_lines, {}));
  EXPECT_FALSE(output_matches("c\nc\na", "a\na\nc", Checker::unordered_lines, {}));
}

TEST(OutputCheck, exact_leaves_out_only_the_newlines_at_the_end) {
  EXPECT_TRUE(output_matches("a b\n\n", "a b", Checker::exact, {}));
  EXPECT_FALSE(output_matches("a b ", "a b", Checker::exact, {}));
}

TEST(OutputCheck, floats_use_the_tolerances_of_the_data_set) {
  EXPECT_TRUE(output_matches("1.1 2", "1.0\n2.05", Checker::floats, {.absolute = 0.2, .relative = 0}));
  EXPECT_FALSE(output_matches("1.1 2", "1.0 2.5", Checker::floats, {.absolute = 0.2, .relative = 0}));
  EXPECT_FALSE(output_matches("1.1", "1.1 2", Checker::floats, {.absolute = 0.2, .relative = 0}));
}

TEST(OutputCheck, the_seed_compares_integers_as_doubles) {
  EXPECT_TRUE(output_matches_as_seed("9007199254740993", "9007199254740992"));
  EXPECT_TRUE(output_matches_as_seed("1.0000005", "1"));
  EXPECT_FALSE(output_matches_as_seed("nan", "1"));
}

}  // namespace
}  // namespace xrouter::grade::code
