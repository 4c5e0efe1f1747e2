// Inputs of programs: any that leads to the asked output is right.
#include <gtest/gtest.h>

#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/code/code_test_support.hpp"

namespace xrouter::grade::code {
namespace {

/// Compares with the stored input only, as the grader of JSON answers does.
class Literal final : public Grader {
 public:
  GraderInfo info() const override { return {.id = {.name = "codeio"}}; }
  Result<void> validate(const Value&, const Value&) const override { return {}; }
  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    if (request.response.empty()) return ungraded(GradeStatus::no_answer, "no JSON");
    const std::string reply(request.response);
    return graded(reply == "{\"n\":3}", reply, reply);
  }
};

constexpr const char* kReference =
    "def helper(x): return x * x\ndef main_solution(n):\n  while n == 99: pass\n  return {'square': helper(n)}\n";

GradeResult grade(std::string_view reply, std::string_view reference = kReference, const Dialect& dialect = strict()) {
  GradeContext context{.sandbox = &test_sandbox()};
  const Value truth = "\"input\": {\"n\": 3}";
  const Value extra = fields({{"reference_code", reference}});
  return make_codeio_grader(dialect, std::make_unique<Literal>())
      ->grade({.data_source = "simulation__codeio", .response = reply, .ground_truth = truth, .extra = extra}, context);
}

TEST(CodeIoByRunning, another_input_with_the_same_output_is_right) {
  EXPECT_TRUE(grade("{\"n\":3}").correct);
  EXPECT_TRUE(grade("{\"n\":-3}").correct);
  EXPECT_TRUE(grade("-3").correct);
  EXPECT_FALSE(grade("{\"n\":4}").correct);
}

TEST(CodeIoByRunning, inputs_that_the_program_refuses_are_wrong) {
  for (const char* reply : {"{\"m\":3}", "{\"n\":null}", "[]", "{\"n\":3,\"x\":1}"}) {
    EXPECT_FALSE(grade(reply).correct) << reply;
    EXPECT_EQ(grade(reply).score, 0.0) << reply;
  }
  EXPECT_EQ(grade("{\"n\":99}").status, GradeStatus::answer_timeout);
  EXPECT_EQ(grade("").status, GradeStatus::no_answer);
}

TEST(CodeIoByRunning, the_registry_knows_it) {
  const Value truth = "\"input\": {\"n\": 3}";
  const Value with_program = fields({{"reference_code", kReference}});
  const char* reply = "```json\n{\"input\": {\"n\": -3}}\n```";
  EXPECT_TRUE(grade_with(strict(), "simulation__codeio", reply, truth, with_program).correct);
  EXPECT_FALSE(grade_with(strict(), "simulation__codeio", reply, truth).correct);
  EXPECT_FALSE(grade_with(xrouter_compat(), "simulation__codeio", reply, truth, with_program).correct);
}

TEST(CodeIoByRunning, without_a_reference_that_runs_the_literal_verdict_stands) {
  EXPECT_FALSE(grade("{\"n\":-3}", "").correct);
  EXPECT_FALSE(grade("{\"n\":-3}", "import nothing_like_this\ndef main_solution(n): return 1").correct);
  EXPECT_FALSE(grade("{\"n\":-3}", kReference, xrouter_compat()).correct);
}

}  // namespace
}  // namespace xrouter::grade::code
