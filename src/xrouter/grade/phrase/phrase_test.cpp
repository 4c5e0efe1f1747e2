#include <gtest/gtest.h>

#include <fstream>

#include "xrouter/grade/phrase/phrase_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade::phrase {
namespace {

GradeResult grade(std::string_view reply, const Value& truth) {
  const auto grader = builtin_registry().grader_for("phrase", strict()).value();
  GradeContext context;
  const Value none;
  return grader->grade({.data_source = "phrase", .response = reply, .ground_truth = truth, .extra = none}, context);
}

bool right(std::string_view reply, const Value& truth) { return grade(reply, truth).correct; }

Value either(std::initializer_list<const char*> phrases) {
  Value::List list;
  for (const char* phrase : phrases) list.items.emplace_back(std::string(phrase));
  return list;
}

TEST(Phrase, must_occur_as_whole_words_whatever_the_case_and_the_blanks) {
  for (const char* reply : {"Paris", "paris.", "It is PARIS, of course.", "**Paris**", "<think>Rome?</think>Paris"}) EXPECT_TRUE(right(reply, "Paris")) << reply;
  for (const char* reply : {"Parisian", "Rome", "comparison", "Pari s"}) EXPECT_FALSE(right(reply, "Paris")) << reply;
  EXPECT_TRUE(right("I live in New\n  York", "new york"));
  EXPECT_FALSE(right("caf\xC3\xA9s", "caf\xC3\xA9"));
}

TEST(Phrase, any_accepted_phrase_will_do) {
  EXPECT_TRUE(right("Hi there!", either({"hello", "hi"})));
  EXPECT_FALSE(right("Bye!", either({"hello", "hi"})));
}

TEST(Phrase, a_number_must_be_the_last_one_of_the_reply) {
  for (const char* reply : {"5", "2 + 3 = 5", "The sum is 5.", "10-5 is 5", "five, that is 5"}) EXPECT_TRUE(right(reply, "5")) << reply;
  for (const char* reply : {"15", "5.5", "-5", "5 or 6", "It is not 5 but 6", "five", "1,005"}) EXPECT_FALSE(right(reply, "5")) << reply;
  EXPECT_TRUE(right("-7", "-7"));
  EXPECT_TRUE(right("about 2,500 of them", "2500"));
  EXPECT_TRUE(right("3.14", "3.14"));
}

TEST(Phrase, says_why_there_is_no_score) {
  EXPECT_EQ(grade("", "x").status, GradeStatus::no_answer);
  EXPECT_EQ(grade("<think>x", "x").status, GradeStatus::no_answer);
  EXPECT_EQ(grade(std::string(kMaxReplyBytes, ' ') + "x", "x").status, GradeStatus::answer_limit);
  for (const Value& truth : {Value(), Value(std::string()), either({}), either({"a", ""})}) {
    EXPECT_EQ(grade("x", truth).status, GradeStatus::target_error);
    EXPECT_FALSE(make_phrase(strict())->validate(truth, Value()).has_value());
  }
}

TEST(Phrase, takes_every_reply_of_the_shipped_small_talk) {
  std::ifstream file(XROUTER_SOURCE_DIR "/data/questions/small_talk.jsonl");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const Value value = parse_json(line).value();
    EXPECT_TRUE(right(*value.find("reply")->if_string(), *value.find("gold"))) << line;
  }
  EXPECT_GE(lines, 200);
}

}  // namespace
}  // namespace xrouter::grade::phrase
