// What the original does, bugs included, as observed and documented; not what is right.
#include <gtest/gtest.h>

#include <string>

#include "xrouter/grade/math/compat/graders.hpp"
#include "xrouter/grade/math/compat/hendrycks.hpp"
#include "xrouter/grade/math/compat/minerva.hpp"
#include "xrouter/grade/math/compat/prime.hpp"
#include "xrouter/grade/math/compat/prm800k.hpp"
#include "xrouter/grade/math/compat/text.hpp"

namespace xrouter::grade::math::compat {
namespace {

double score(Rule rule, const std::string& reply, const Value& key) {
  GradeContext context;
  const Value extra;
  return make(rule, xrouter_compat())
      ->grade({.data_source = "math", .response = reply, .ground_truth = key, .extra = extra}, context)
      .score;
}

TEST(NaiveDapo, repeats_the_documented_false_positives) {
  for (const auto& [key, answer] : {std::pair{"50", "5000"},
                                    {"100", "1"},
                                    {"2.04", "204"},
                                    {"1000000", "1000001"},
                                    {"99999999999", "10^11"},
                                    {"12345678901", "12345678902"},
                                    {"1112112_3", "1112122_3"},
                                    {"mon", "Monday"}}) {
    EXPECT_EQ(score(Rule::naive_dapo, "\\boxed{" + std::string(answer) + "}", key), key == std::string("99999999999") ? 0 : 1)
        << key << " " << answer;
  }
  EXPECT_EQ(score(Rule::naive_dapo, "\\boxed{100000000000}", "99999999999"), 1);
}

TEST(NaiveDapo, repeats_the_documented_false_negatives) {
  for (const auto& [key, answer] : {std::pair{"6.2831853", "2\\pi"},
                                    {"1024", "2^{10}"},
                                    {"\\frac12", "\\frac24"},
                                    {"2x+1+x^2", "y=x^2+2x+1"},
                                    {"\\{2,1\\}", "\\{1,2\\}"},
                                    {"0.3", "0.1+0.2"}}) {
    EXPECT_EQ(score(Rule::naive_dapo, "\\boxed{" + std::string(answer) + "}", key), 0) << key << " " << answer;
  }
}

TEST(NaiveDapo, takes_the_whole_text_where_no_box_is_readable) {
  EXPECT_EQ(score(Rule::naive_dapo, "5", "5"), 1);
  EXPECT_EQ(score(Rule::naive_dapo, "The answer is 5", "5"), 0);
  EXPECT_EQ(score(Rule::naive_dapo, "<think>\\boxed{5}</think>five", "5"), 0);
  EXPECT_EQ(score(Rule::naive_dapo, "\\fbox{5}", "5"), 1);
  EXPECT_EQ(score(Rule::naive_dapo, "len([1])", "1"), 0);  // nothing is evaluated
}

TEST(Hendrycks, compares_strings_of_boxes) {
  EXPECT_EQ(score(Rule::hendrycks, "\\boxed{\\frac12}", "\\frac{1}{2}"), 1);
  EXPECT_EQ(score(Rule::hendrycks, "\\boxed{0.5}", "1/2"), 1);
  EXPECT_EQ(score(Rule::hendrycks, "\\boxed 5$", "5"), 1);
  EXPECT_EQ(score(Rule::hendrycks, "\\fbox{5}", "5"), 0);
  EXPECT_EQ(strip_string("x=5").value_or(""), "5");
  EXPECT_EQ(strip_string(".5\\text{ cm}").value_or(""), "\\frac{1}{2}");
  EXPECT_FALSE(strip_string("\\frac"));
  EXPECT_EQ(normalize_answer("\\text{\\frac}"), "\\frac");
}

TEST(Prm800k, normalises_as_the_original) {
  EXPECT_EQ(normalize("\\text{Monday}"), "mon");
  EXPECT_EQ(normalize("5 million"), "5 *10^6");
  EXPECT_EQ(normalize("7 3/4"), "7+3/4");
  EXPECT_EQ(normalize("\\frac{1}{2}"), "1/2");
  EXPECT_EQ(normalize("12,345"), "12345");
  EXPECT_EQ(normalize("32,\\! 349"), "32349");
  EXPECT_EQ(normalize("90^\\circ"), "90");
  EXPECT_FALSE(grade_answer("2/4", "1/2"));
  EXPECT_TRUE(grade_answer("(0.5, x+x)", "(1/2, 2*x)"));
  EXPECT_FALSE(grade_answer("[1,2]", "(1,2)"));
}

TEST(MathDapo, compares_strings_after_the_last_answer_line) {
  EXPECT_EQ(score(Rule::math_dapo, "Answer: 5\nAnswer: $12$", "12"), 1);
  EXPECT_EQ(score(Rule::math_dapo, "\\boxed{12}", "12"), 0);
  EXPECT_EQ(minerva_answer("nothing"), "[INVALID]");
  EXPECT_EQ(minerva_answer("ANSWER : x = 1,234 dollars"), "1234");
  EXPECT_EQ(minerva_normalized("\\frac12"), "\\frac{1}{2}");
  EXPECT_EQ(minerva_normalized("\\text{yes}"), "yes");
  EXPECT_EQ(score(Rule::math_dapo, "Answer: 12" + std::string(900, '.'), "12"), 0);
}

TEST(PrimeMath, searches_loosely_and_evaluates_pi) {
  EXPECT_EQ(score(Rule::prime_math, "so the answer is 5", "5"), 1);
  EXPECT_EQ(score(Rule::prime_math, "\\boxed{2\\pi}", "6.2831853"), 1);
  EXPECT_EQ(math_equal("1,000", "1000"), Equal::yes);
  EXPECT_EQ(math_equal("x_3", "x"), Equal::raises);
  EXPECT_EQ(math_equal("(1, 2)", "(1,2)"), Equal::yes);
  EXPECT_EQ(math_equal("1,2", "2,1"), Equal::no);
  EXPECT_EQ(math_equal("Point(1, 2)", "(1,2)"), Equal::no);  // the rule for commas comes first and says no
  EXPECT_EQ(math_equal(std::string(900, '['), std::string(900, '[') + "1"), Equal::no);
}

TEST(Gsm8k, wants_the_first_marked_number_as_text) {
  EXPECT_EQ(score(Rule::gsm8k, "#### 1,234", "1234"), 1);
  EXPECT_EQ(score(Rule::gsm8k, "#### 5\n#### 6", "6"), 0);
  EXPECT_EQ(score(Rule::gsm8k, "#### 5.0", "5"), 0);
  EXPECT_EQ(score(Rule::gsm8k, "####5", "5"), 0);
  EXPECT_EQ(score(Rule::gsm8k, "5", "5"), 0);
}

TEST(Geo3k, adds_a_tenth_for_the_format) {
  EXPECT_NEAR(score(Rule::geo3k, "<think>x</think>\\boxed{5}", "5"), 1.0, 1e-9);
  EXPECT_NEAR(score(Rule::geo3k, "\\boxed{5}", "5"), 0.9, 1e-9);
  EXPECT_NEAR(score(Rule::geo3k, "<think>x</think>\\boxed{6}", "5"), 0.1, 1e-9);
}

TEST(SearchR1, matches_the_last_tag_and_quarters_floods) {
  const Value key = Value::Dict{.items = {{Value("target"), Value::List{.items = {Value("The Beatles"), Value("Beatles, the")}}}}};
  EXPECT_EQ(score(Rule::search_r1, "<answer>x</answer><answer> beatles! </answer>", key), 1);
  EXPECT_EQ(score(Rule::search_r1, "beatles", key), 0);
  std::string flood;
  for (int i = 0; i < 11; ++i) flood += "<answer>beatles</answer>";
  EXPECT_EQ(score(Rule::search_r1, flood, key), 0.25);
}

TEST(Python, reads_floats_as_python_does) {
  EXPECT_EQ(to_float(" 1_000.5e1 ").value_or(0), 10005);
  EXPECT_EQ(to_float("1e400").value_or(0) > 1e308, true);
  EXPECT_TRUE(to_float("-Infinity"));
  for (const char* text : {"", "1__0", "_1", "1e", ".", "0x10", "1 2", "--1"}) EXPECT_FALSE(to_float(text)) << text;
}

}  // namespace
}  // namespace xrouter::grade::math::compat
