// Predictions about functions: the assertion that was asked for, and nothing else.
#include <gtest/gtest.h>

#include "xrouter/grade/code/code_test_support.hpp"

namespace xrouter::grade::code {
namespace {

constexpr const char* kFunction = "def f(x, n=1):\n    return [x] * n";

GradeResult predict_output(std::string_view reply, const char* input = "1, 2") {
  return grade_with(strict(), "simulation__cruxeval-o", reply, fields({{"functional", kFunction}, {"input", input}}));
}

GradeResult predict_input(std::string_view reply, const char* output = "[1, 1]") {
  return grade_with(strict(), "simulation__cruxeval-i", reply, fields({{"functional", kFunction}, {"output", output}}));
}

TEST(Crux, an_output_is_right_when_the_function_gives_it) {
  EXPECT_TRUE(predict_output(fenced("assert f(1, 2) == [1, 1]")).correct);
  EXPECT_TRUE(predict_output("assert f(1,2)==[ 1,1 ]").correct);
  EXPECT_TRUE(predict_output("[ANSWER]\nassert f(1, 2) == [1, 1]\n[/ANSWER]").correct);
  EXPECT_TRUE(predict_output("[ANSWER][1, 1][/ANSWER]").correct);
  EXPECT_FALSE(predict_output(fenced("assert f(1, 2) == [1]")).correct);
  EXPECT_FALSE(predict_output(fenced("assert f(1, 2) == (1, 1)")).correct);
}

TEST(Crux, another_question_is_not_answered) {
  EXPECT_FALSE(predict_output(fenced("assert f(1, 1) == [1]")).correct);
  EXPECT_FALSE(predict_output(fenced("assert f(1, n=2) == [1, 1]")).correct);
  EXPECT_FALSE(predict_output(fenced("assert g(1, 2) == [1, 1]")).correct);
  EXPECT_FALSE(predict_input(fenced("assert f(2, 1) == [2]")).correct);
}

TEST(Crux, any_input_that_leads_there_is_right) {
  EXPECT_TRUE(predict_input(fenced("assert f(1, 2) == [1, 1]")).correct);
  EXPECT_TRUE(predict_input(fenced("assert f(x=1, n=2) == [1, 1]")).correct);
  EXPECT_TRUE(predict_input(fenced("assert f(True, 2) == [1, 1]")).correct);
  EXPECT_FALSE(predict_input(fenced("assert f(1, 3) == [1, 1]")).correct);
  EXPECT_FALSE(predict_input(fenced("assert f('x', None) == [1, 1]")).correct);
}

TEST(Crux, the_asked_side_is_read_from_the_prompt) {
  const Value truth = Value(R"({"functional": "def f(x): return x + 1"})");
  const Value extra = fields({{"original_prompt", "assert f(\?\?) == 17\n...\nassert f(4) == \?\?\n[/PYTHON]"}});
  EXPECT_TRUE(grade_with(strict(), "simulation__cruxeval-o", "assert f(4) == 5", truth, extra).correct);
  EXPECT_FALSE(grade_with(strict(), "simulation__cruxeval-o", "assert f(5) == 6", truth, extra).correct);
  const auto grader = builtin_registry().grader_for("simulation__cruxeval-o", strict());
  EXPECT_TRUE((*grader)->validate(truth, extra));
  EXPECT_FALSE((*grader)->validate(truth, Value{}));
}

TEST(Crux, replies_without_the_assertion_score_nothing) {
  for (const char* reply :
       {"", "```python\npass\n```", "```python\nassert True\n```", "I think it is one.", "<think>assert f(1, 2) == [1, 1]"}) {
    const GradeResult result = predict_output(reply);
    EXPECT_FALSE(result.correct) << reply;
    EXPECT_EQ(result.score, 0.0) << reply << to_text(result.status);
  }
  EXPECT_EQ(predict_input("```python\npass\n```").score, 0.0);
}

TEST(Crux, nothing_of_the_reply_is_executed) {
  for (const char* reply :
       {"assert f(1, 2) == f(1, 2)", "assert f(1, 2) == [1 for _ in range(2)]",
        "assert f(1, 2) == type('A', (), {'__eq__': lambda s, o: True})()", "import os\nos._exit(0)\nassert f(1, 2) == 0",
        "def f(x, n): return 3\nassert f(1, 2) == 3", "assert f(*[1, 2]) == 1", "assert f(1, 2) == [1, 1] or True"}) {
    const GradeResult result = predict_output(fenced(reply));
    EXPECT_FALSE(result.correct) << reply;
    EXPECT_EQ(result.score, 0.0) << reply << to_text(result.status);
  }
}

TEST(Crux, inputs_that_never_end_are_the_answers_fault) {
  const GradeResult result = predict_input(fenced("assert f('a', 10**10) == [1, 1]"));
  EXPECT_FALSE(result.correct);
  EXPECT_EQ(result.score, 0.0) << to_text(result.status);
  const Value loop = fields({{"functional", "def f(x):\n  while x: pass"}, {"output", "None"}});
  EXPECT_EQ(grade_with(strict(), "simulation__cruxeval-i", "assert f(1) == None", loop).status, GradeStatus::answer_timeout);
}

}  // namespace
}  // namespace xrouter::grade::code
