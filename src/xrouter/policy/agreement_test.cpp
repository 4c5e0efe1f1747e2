#include "xrouter/policy/agreement.hpp"

#include <gtest/gtest.h>

namespace xrouter::policy {
namespace {

struct Row {
  const char* reply;
  const char* answer;
};

TEST(Agreement, finds_the_final_answer_of_a_reply) {
  const Row rows[] = {
      {R"({"reasoning": "6*7", "answer": "42"})", "42"},
      {R"(First {"answer": "1"} then {"answer": 2})", "2"},
      {R"({"answer": "say \"hi\""})", R"(say\"hi\")"},
      {R"({"answer": "$1,234.50"})", "1234.5"},
      {R"({"answer": "12 dollars"} I counted 99.)", "12dollars"},
      {"Therefore the answer is (B).", "b"},
      {"The answer is B. It is not C.", "b"},
      {"**Answer:** C", "c"},
      {"Answer: 3.50", "3.5"},
      {"the answer is A... no, the answer is D", "d"},
      {"The answer is (D) 300 hours.", "d"},
      {"The answer is:\n\n**H. Can use a mix** of functions", "h"},
      {"Answer:\n(b) The female becomes a male.", "b"},
      {R"(The answer is \(\boxed{\text{(C) } 4.0129 times.}\))", "c"},
      {R"(so \boxed{\text{G}})", "g"},
      {"the answer is C) 14,000 of them", "c"},
      {"the answer is f(x) = (x) + 1", "f(x)=(x)+1"},
      {"10 is not among them.\nThe closest one is (I) 1.56 days", "i"},
      {"Of the rest option G seems best, as it has 3 of them", "g"},
      {"The answer is", "theansweris"},
      {R"(so \boxed{\frac{1}{2}})", R"(\frac{1}{2})"},
      {R"(\boxed{1} and finally \boxed{ 2 })", "2"},
      {R"(\boxed{ never closed)", R"(\boxed{neverclosed)"},
      {"We add.\nThe total is 1,500 apples.\n", "1500"},
      {"It cools to -4", "-4"},
      {"about 3.0", "3"},
      {"Paris", "paris"},
      {" \"Paris\". ", "paris"},
      {"There were 3 of them.\nSo it is Paris", "therewere3ofthem.soitisparis"},
      {"", ""},
      {"  \n ", ""},
      {"...", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(final_answer(row.reply), row.answer) << row.reply;
}

TEST(Agreement, tells_by_which_rule_an_answer_was_found) {
  const std::pair<const char*, AnswerRule> rows[] = {
      {R"({"answer": "42"})", AnswerRule::json_member}, {"The answer is 42", AnswerRule::phrase},
      {R"(so \boxed{42})", AnswerRule::boxed},         {"So it is (B), not 3", AnswerRule::option},
      {"It makes 42", AnswerRule::last_number},          {"Paris", AnswerRule::whole_text},
      {"", AnswerRule::whole_text},
  };
  for (const auto& [reply, rule] : rows) EXPECT_EQ(find_final_answer(reply).rule, rule) << reply;
}

TEST(Agreement, an_absent_answer_never_agrees) {
  EXPECT_FALSE(agree("", ""));
  EXPECT_FALSE(agree("42", ""));
  EXPECT_FALSE(agree(" ", "."));
}

TEST(Agreement, form_does_not_matter_and_content_does) {
  EXPECT_TRUE(agree(R"({"answer": "42"})", "6 times 7 makes 42."));
  EXPECT_TRUE(agree("The answer is (B)", "Answer: b"));
  EXPECT_TRUE(agree(R"(\boxed{1,000.0})", "It is $1000"));
  EXPECT_FALSE(agree("The answer is (B)", "The answer is (C)"));
  EXPECT_FALSE(agree("1.5", "15"));
}

}  // namespace
}  // namespace xrouter::policy
