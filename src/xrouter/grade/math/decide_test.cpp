#include "xrouter/grade/math/decide.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "xrouter/base/rng.hpp"

namespace xrouter::grade::math {
namespace {

struct Pair {
  std::string key, answer;
};

void PrintTo(const Pair& pair, std::ostream* out) { *out << "[" << pair.key << "] [" << pair.answer << "]"; }

Verdict verdict(const std::string& key, const std::string& answer, const Dialect& dialect = strict()) {
  return decide(key, answer, dialect).verdict;
}
bool equal(const std::string& key, const std::string& answer, const Dialect& dialect = strict()) {
  return verdict(key, answer, dialect) == Verdict::equal;
}

class Equal : public testing::TestWithParam<Pair> {};
class Different : public testing::TestWithParam<Pair> {};

TEST_P(Equal, is_decided_as_equal_both_ways) {
  const Decision decision = decide(GetParam().key, GetParam().answer, strict());
  EXPECT_EQ(decision.verdict, Verdict::equal) << decision.reason;
  EXPECT_TRUE(equal(GetParam().answer, GetParam().key));
}

TEST_P(Different, is_decided_as_different_both_ways) {
  const Decision decision = decide(GetParam().key, GetParam().answer, strict());
  EXPECT_EQ(decision.verdict, Verdict::different) << decision.reason;
  EXPECT_NE(verdict(GetParam().answer, GetParam().key), Verdict::equal);
}

INSTANTIATE_TEST_SUITE_P(SeedFalseNegatives, Equal,
                         testing::Values(Pair{"6.2831853", "2\\pi"}, Pair{"1024", "2^{10}"}, Pair{"\\frac12", "\\frac24"},
                                         Pair{"2x+1+x^2", "y=x^2+2x+1"}, Pair{"\\{2,1\\}", "\\{1,2\\}"}, Pair{"0.3", "0.1+0.2"},
                                         Pair{"{2,1}", "{1,2}"}));

INSTANTIATE_TEST_SUITE_P(SeedFalsePositives, Different,
                         testing::Values(Pair{"50", "5000"}, Pair{"100", "1"}, Pair{"2.04", "204"}, Pair{"1000000", "1000001"},
                                         Pair{"99999999999", "10^{11}"}, Pair{"12345678901", "12345678902"}, Pair{"1112112_3", "1112122_3"},
                                         Pair{"mon", "Monday"}));

INSTANTIATE_TEST_SUITE_P(ClosedForms, Equal,
                         testing::Values(Pair{"\\sqrt{8}", "2\\sqrt2"}, Pair{"\\sqrt{6}", "\\sqrt2\\sqrt3"},
                                         Pair{"1+\\sqrt2", "\\sqrt{3+2\\sqrt2}"}, Pair{"3", "\\frac{\\log 8}{\\log 2}"},
                                         Pair{"\\frac12", "\\sin(\\pi/6)"}, Pair{"-1", "e^{i\\pi}"}, Pair{"2-\\sqrt3", "\\tan 15^\\circ"},
                                         Pair{"\\ln 6", "\\ln 2+\\ln 3"}, Pair{"120", "5!"}, Pair{"252", "\\binom{10}{5}"},
                                         Pair{"-2", "\\sqrt[3]{-8}"}, Pair{"3", "\\log_2 8"}, Pair{"\\frac{5}{2}", "2\\frac12"},
                                         Pair{"\\frac13", "0.\\overline{3}"}, Pair{"204_5", "0204_{5}"},
                                         Pair{"\\frac{\\sqrt3}{3}", "\\frac{1}{\\sqrt3}"}, Pair{"5\\sqrt{2}+3", "3+\\sqrt{50}"}));

INSTANTIATE_TEST_SUITE_P(ClosedForms, Different,
                         testing::Values(Pair{"\\sqrt{2}", "1.41421356237309504880168872420969807957"}, Pair{"1/3", "333/1000"},
                                         Pair{"2^{2025}", "3^{2025}"}, Pair{"1+\\sqrt2", "\\sqrt{3-2\\sqrt2}"},
                                         Pair{"\\pi", "\\frac{355}{113}"}, Pair{"5", "\\frac{5}{0}"}, Pair{"0", "\\frac00"},
                                         Pair{"e^{\\pi\\sqrt{163}}", "262537412640768744"}, Pair{"\\infty", "-\\infty"},
                                         Pair{"\\infty", "10^{9}"}));

INSTANTIATE_TEST_SUITE_P(Variables, Equal,
                         testing::Values(Pair{"(x+1)^2", "x^2+2x+1"}, Pair{"x+1", "\\frac{x^2-1}{x-1}"}, Pair{"1", "\\sin^2 x+\\cos^2 x"},
                                         Pair{"2\\sin x\\cos x", "\\sin 2x"}, Pair{"\\frac{n(n+1)}{2}", "\\binom{n+1}{2}"},
                                         Pair{"2^{n+1}", "2\\cdot 2^n"}, Pair{"F_n", "F_{n}"}, Pair{"f(x)+1", "1+f(x)"}));

INSTANTIATE_TEST_SUITE_P(Variables, Different,
                         testing::Values(Pair{"x", "\\sqrt{x^2}"}, Pair{"x", "y"}, Pair{"x", "X"}, Pair{"n!", "n"}, Pair{"x^2", "2^x"},
                                         Pair{"x", "x+10^{-40}"}, Pair{"2^n", "2^{n+1}"}));

INSTANTIATE_TEST_SUITE_P(
    Shapes, Equal,
    testing::Values(Pair{"2x+4y-3=0", "y=-\\frac12x+\\frac34"}, Pair{"x<2", "2>x"}, Pair{"x\\le 1", "-x\\ge -1"}, Pair{"x=5", "5"},
                    Pair{"x\\ge 5", "[5,\\infty)"}, Pair{"0<x<1", "(0,1)"}, Pair{"1\\pm\\sqrt2", "1-\\sqrt2, 1+\\sqrt2"},
                    Pair{"(1,2)", "(1, \\frac{4}{2})"}, Pair{"(-\\infty,0)\\cup(1,2]", "(1,2]\\cup(-\\infty,0)"}, Pair{"1:2", "2:4"},
                    Pair{"\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1&2\\\\3&\\sqrt{16}\\end{bmatrix}"},
                    Pair{"3, 1, 2", "\\{1,2,3\\}"}, Pair{"\\text{yes}", "Yes"}, Pair{"\\text{C}", "(C)"}));

INSTANTIATE_TEST_SUITE_P(Shapes, Different,
                         testing::Values(Pair{"x<2", "x>2"}, Pair{"x<2", "x\\le2"}, Pair{"(0,1)", "[0,1]"}, Pair{"(1,2)", "(2,1)"},
                                         Pair{"\\{1,2\\}", "\\{1,2,2\\}"}, Pair{"12", "(1,2)"}, Pair{"12", "1,23"}, Pair{"12:00", "1:00"},
                                         Pair{"54", "204_5"}, Pair{"204_5", "204_6"}, Pair{"\\pm 2021", "2021"}, Pair{"1,2,2", "1,1,2"},
                                         Pair{"\\frac{1}{23}", "\\frac{12}{3}"}, Pair{"2^{10}", "2^{1}0"}, Pair{"7\\ 3/4", "73/4"},
                                         Pair{"x=5", "x=6"}, Pair{"a+3z=0", "0"}));

INSTANTIATE_TEST_SUITE_P(Units, Equal,
                         testing::Values(Pair{"5\\text{ cm}", "5"}, Pair{"5\\text{ cm}", "5 centimeters"}, Pair{"30^\\circ", "30"},
                                         Pair{"0.335", "33.5\\%"}, Pair{"10\\%", "10"}, Pair{"15000", "\\$15,000"},
                                         Pair{"14{,}916", "14916"}, Pair{"5\\text{ cm}^2", "5\\text{ square centimeters}"},
                                         Pair{"160", "160 square feet"}));
TEST(Units, may_be_letters_behind_a_plain_number) {
  EXPECT_TRUE(equal("48", "48g"));
  EXPECT_TRUE(equal("55", "55 m/s"));
  EXPECT_FALSE(equal("48g", "48"));
  EXPECT_FALSE(equal("48", "48x"));
  EXPECT_FALSE(equal("\\frac{1}{2}g", "\\frac12"));
}

INSTANTIATE_TEST_SUITE_P(Scales, Equal,
                         testing::Values(Pair{"5000000", "5\\text{ million}"}, Pair{"5\\text{ million}", "5000000"},
                                         Pair{"2500000", "\\$2.5 million"}, Pair{"60", "5\\text{ dozen eggs}"}, Pair{"500\\text{ cents}", "\\$5"},
                                         Pair{"0.05 dollars", "5 cents"}, Pair{"17", "17\\text{ apples in all}"}, Pair{"5", "5\\text{ cents}"},
                                         Pair{"5\\text{ wugs}", "5\\text{ wugs}"}, Pair{"300000", "3 hundred thousand"}));

INSTANTIATE_TEST_SUITE_P(Scales, Different,
                         testing::Values(Pair{"5", "5\\text{ million}"}, Pair{"5", "5\\text{ thousand}"}, Pair{"5", "5\\text{ hundred}"},
                                         Pair{"5", "5\\text{ dozen}"}, Pair{"5", "5\\text{ hundredths}"}, Pair{"5", "5\\text{ squared}"},
                                         Pair{"5", "5\\text{ is wrong}"}, Pair{"5", "5\\text{ less than the true value}"},
                                         Pair{"5\\text{ million}", "5\\text{ billion}"}, Pair{"$5", "5\\text{ cents}"},
                                         Pair{"5\\text{ dollars}", "5\\text{ cents}"}, Pair{"5", "5\\text{ m/million}"},
                                         Pair{"5", "5\\text{ m + 1}"}, Pair{"5", "x=5\\text{ is wrong}"}));

INSTANTIATE_TEST_SUITE_P(Equations, Equal,
                         testing::Values(Pair{"45", "27+18=45"}, Pair{"0.33", "\\frac13=0.33"}, Pair{"10", "1010_2=10"},
                                         Pair{"500", "5\\text{ m}=500\\text{ cm}"}, Pair{"11", "x=5+5+1=11"}));

INSTANTIATE_TEST_SUITE_P(Equations, Different,
                         testing::Values(Pair{"5", "6=5"}, Pair{"5", "4=5"}, Pair{"5", "2+2=5"}, Pair{"5", "x=2+2=5"}, Pair{"5", "10_2=5"},
                                         Pair{"(1,2)", "(3,4)=(1,2)"}));

INSTANTIATE_TEST_SUITE_P(Letters, Equal, testing::Values(Pair{"ab", "ba"}, Pair{"2xyz", "2zyx"}, Pair{"ABC", "A B C"}));

INSTANTIATE_TEST_SUITE_P(Letters, Different,
                         testing::Values(Pair{"ABC", "CBA"}, Pair{"BAC", "CAB"}, Pair{"cat", "act"}, Pair{"AB", "BA"}));

INSTANTIATE_TEST_SUITE_P(Spellings, Equal,
                         testing::Values(Pair{"5000", "5 000"}, Pair{"5000", "5\\;000"}, Pair{"5000000", "5 000 000"}, Pair{"\\frac12", "½"},
                                         Pair{"\\frac52", "2½"}, Pair{"10", "{5 \\choose 2}"}, Pair{"\\emptyset", "\\varnothing"},
                                         Pair{"5", "\\color{red}{5}"}, Pair{"5", "\\textcolor{red}{5}"}));

INSTANTIATE_TEST_SUITE_P(Spellings, Different, testing::Values(Pair{"5", "\\phantom{5}"}, Pair{"5", "5 000"}, Pair{"5000", "5, 000"}));

INSTANTIATE_TEST_SUITE_P(Units, Different,
                         testing::Values(Pair{"5\\text{ cm}", "5\\text{ m}"}, Pair{"0.2", "10\\%"},
                                         Pair{"5\\text{ cm}", "5\\text{ cm}^2"}));

TEST(ClosedForms, know_sines_of_any_rational_angle) {
  EXPECT_TRUE(equal("1", "\\tan(1^\\circ)\\tan(89^\\circ)"));
  EXPECT_TRUE(equal("\\frac{\\sqrt7}{8}", "\\sin(\\frac{\\pi}{7})\\sin(\\frac{2\\pi}{7})\\sin(\\frac{3\\pi}{7})"));
  EXPECT_TRUE(equal("\\sin(\\frac{\\pi}{97})", "\\cos(\\frac{95\\pi}{194})"));
  EXPECT_FALSE(equal("1", "\\tan(1^\\circ)\\tan(88^\\circ)"));
}

TEST(Tolerance, follows_the_digits_that_are_written) {
  EXPECT_TRUE(equal("\\frac13", "0.333333"));
  EXPECT_FALSE(equal("\\frac13", "0.333"));     // too few digits for an exact key
  EXPECT_FALSE(equal("\\frac13", "0.333334"));  // wrongly rounded
  EXPECT_TRUE(equal("0.33", "\\frac13"));
  EXPECT_FALSE(equal("3.14", "3.14159"));
  Dialect two_digits = strict();
  two_digits.significant_digits = 2;
  EXPECT_TRUE(equal("\\frac13", "0.33", two_digits));
}

TEST(Tolerance, is_never_given_on_a_whole_number) {
  Dialect loose = strict();
  loose.abs_tol = 0.5;
  loose.rel_tol = 0.01;
  for (const char* key : {"50", "1000000", "-7", "5.0", "2^{10}", "\\sqrt{49}"}) {
    EXPECT_FALSE(equal(key, std::string(key) + "+0.0000001", loose)) << key;
    EXPECT_FALSE(equal(key, "0.9999999\\cdot " + std::string(key), loose)) << key;
  }
  EXPECT_TRUE(equal("50.5", "50.7", loose));
  EXPECT_FALSE(equal("50.5", "51.2", loose));
}

TEST(Dialects, switch_on_what_a_data_set_states) {
  Dialect ordered = strict();
  ordered.order_matters = true;
  EXPECT_FALSE(equal("10, 4, -2", "4, 10, -2", ordered));
  EXPECT_TRUE(equal("10, 4, -2", "4, 10, -2"));
  Dialect percent = strict();
  percent.percent_x100 = true;
  EXPECT_TRUE(equal("3.04", "0.0304", percent));
  EXPECT_FALSE(equal("3.04", "0.0304"));
  Dialect closed = strict();
  closed.allow_equation_unwrap = false;
  EXPECT_FALSE(equal("5", "x=5", closed));
}

std::string random_expression(Rng& rng, int depth) {
  static const std::array<const char*, 6> kLeaves = {"x", "3", "\\pi", "12", "y", "\\frac{2}{7}"};
  if (depth == 0) return kLeaves[rng.below(kLeaves.size())];
  const std::string a = random_expression(rng, depth - 1);
  const std::string b = random_expression(rng, depth - 1);
  switch (rng.below(6)) {
    case 0:
      return "\\left(" + a + "+" + b + "\\right)";
    case 1:
      return "\\left(" + a + "-" + b + "\\right)";
    case 2:
      return "\\frac{" + a + "}{" + b + "}";
    case 3:
      return "\\sqrt{" + a + "}";
    case 4:
      return "\\left(" + a + "\\right)^2";
    default:
      return "\\left(" + a + "\\right)\\left(" + b + "\\right)";
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

TEST(Properties, a_key_equals_itself_however_it_is_spaced) {
  Rng rng(20261122);
  for (int i = 0; i < 300; ++i) {
    const std::string key = random_expression(rng, 3);
    EXPECT_TRUE(equal(key, key));
    EXPECT_TRUE(equal(key, replaced(replaced(key, "\\left", ""), "\\right", ""))) << key;
    EXPECT_TRUE(equal(key, replaced(replaced(key, "+", " + "), "}{", "} { "))) << key;
    EXPECT_TRUE(equal(key, "$ " + key + " $")) << key;
    EXPECT_TRUE(equal(key, "\\left( " + key + " \\right)")) << key;
  }
}

TEST(Properties, the_rule_is_symmetric_on_expressions) {
  Rng rng(7);
  for (int i = 0; i < 200; ++i) {
    const std::string a = random_expression(rng, 2);
    const std::string b = random_expression(rng, 2);
    EXPECT_EQ(verdict(a, b), verdict(b, a)) << a << " and " << b;
  }
}

TEST(Properties, one_changed_digit_of_a_whole_key_is_always_wrong) {
  Rng rng(1);
  for (int i = 0; i < 300; ++i) {
    std::string key = std::to_string(1 + rng.below(9));
    for (std::uint64_t digits = rng.below(25); digits > 0; --digits) key += static_cast<char>('0' + rng.below(10));
    for (std::size_t at = 0; at < key.size(); ++at) {
      std::string changed = key;
      changed[at] = static_cast<char>('0' + (changed[at] - '0' + 1 + static_cast<int>(rng.below(9))) % 10);
      EXPECT_FALSE(equal(key, changed)) << key << " and " << changed;
    }
    EXPECT_TRUE(equal(key, "\\frac{2\\cdot " + key + "}{\\sqrt{4}}")) << key;
  }
}

std::string repeated(const std::string& piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Hostile, nothing_that_is_too_large_is_computed) {
  for (const std::string answer : {"9^9^9^9",
                                   "9^{9^{9^9}}",
                                   "10^{10^{10}}!",
                                   "((10^{1000})!)!",
                                   "\\binom{10^{9}}{5\\cdot 10^8}",
                                   "10^{-10^{10}}",
                                   "e^{e^{e^{e^e}}}",
                                   "1e999999999",
                                   "\\sqrt[1000000007]{2}",
                                   "\\Gamma",
                                   "2^{-9^9^9}",
                                   "\\sin(10^{10^{7}})",
                                   "(1+10^{-9999})^{10^{9}}",
                                   "0^{-1}",
                                   "0^0",
                                   "(-1)^{1/2}",
                                   "\\log 0",
                                   "\\log_1 5",
                                   "\\tan 90^\\circ",
                                   "\\frac{1}{\\sqrt{2}\\sqrt{2}-2}",
                                   "(x+y+z+w+v)^{60}",
                                   "x^{10^{9}}",
                                   "\\sqrt[0]{5}",
                                   "\\binom{5}{-1}",
                                   "(-5)!",
                                   "2^{10^{18}}"}) {
    EXPECT_NE(verdict("7", answer), Verdict::equal) << answer;
    EXPECT_NE(verdict("\\sqrt{7}+x", answer), Verdict::equal) << answer;
    EXPECT_EQ(verdict(answer, answer), Verdict::equal) << answer;
  }
}

TEST(Hostile, size_and_nesting_have_limits) {
  for (const std::string piece :
       {"{", "(", "\\{", "\\frac{", "\\sqrt", "|", "-", "2^", "\\left(", "1+", "\\text{", "\\begin{matrix}", "x_", "!", "\\sin "}) {
    EXPECT_NE(verdict("7", repeated(piece, 100'000) + "7"), Verdict::equal) << piece;
    EXPECT_NE(verdict("7", repeated(piece, 1'500) + "7"), Verdict::undecided) << piece;
    EXPECT_NE(verdict("7", "8" + repeated(piece, 1'500)), Verdict::equal) << piece;
  }
  EXPECT_EQ(verdict("7", repeated("(", 200) + "7" + repeated(")", 200)), Verdict::too_big);
  EXPECT_EQ(verdict("7", "7" + repeated("!", 200)), Verdict::too_big);
  EXPECT_NE(verdict("7", std::string("7\0", 2)), Verdict::equal);
  EXPECT_NE(verdict("7", "\xff\xfe\x80"), Verdict::equal);
}

TEST(Hostile, program_text_is_not_run_and_not_an_answer) {
  EXPECT_FALSE(equal("1", "len([1])"));
  EXPECT_FALSE(equal("0", "__import__('os').system('touch marker') or 0"));
  EXPECT_FALSE(equal("42", "().__class__.__base__.__subclasses__()"));
}

TEST(Threads, give_the_same_verdicts) {
  const std::vector<Pair> pairs = {{"1+\\sqrt2", "\\sqrt{3+2\\sqrt2}"},
                                   {"\\frac12", "\\sin(\\pi/6)"},
                                   {"(x+1)^{9}", "(1+x)^9"},
                                   {"x", "\\sqrt{x^2}"},
                                   {"\\ln 6", "\\ln 2+\\ln 3"}};
  std::vector<Verdict> alone;
  for (const Pair& pair : pairs) alone.push_back(verdict(pair.key, pair.answer));
  std::vector<std::thread> threads;
  std::array<bool, 4> agree{};
  for (std::size_t thread = 0; thread < agree.size(); ++thread) {
    threads.emplace_back([&, thread] {
      agree[thread] = true;
      for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < pairs.size(); ++i) agree[thread] = agree[thread] && verdict(pairs[i].key, pairs[i].answer) == alone[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool same : agree) EXPECT_TRUE(same);
}

}  // namespace
}  // namespace xrouter::grade::math
