#include "xrouter/grade/code/code_grader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "xrouter/grade/code/candidates.hpp"
#include "xrouter/grade/code/judges.hpp"
#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::code {
namespace {

GradeResult infrastructure_fault(const Error& error) { return ungraded(GradeStatus::infrastructure_error, error.describe()); }

GradeResult with(GradeResult result, const Verdict& verdict) {
  result.tests = verdict.tests;
  result.trust = verdict.trust;
  return result;
}

GradeResult result_of(const Verdict& verdict, const CodeTask& task, const std::string& program) {
  if (verdict.cancelled) return with(ungraded(GradeStatus::cancelled, "cancelled"), verdict);
  if (!verdict.unsupported.empty()) return with(ungraded(GradeStatus::unsupported, verdict.unsupported), verdict);
  const auto passed = std::ranges::count(verdict.tests, TestStatus::pass, &TestOutcome::status);
  const auto failed = std::ranges::find_if(verdict.tests, [](const TestOutcome& test) { return test.status != TestStatus::pass; });
  if (failed == verdict.tests.end() && verdict.tests.size() == verdict.total) return with(graded(true, program), verdict);
  const auto broken = std::ranges::find(verdict.tests, TestStatus::infrastructure_error, &TestOutcome::status);
  if (broken != verdict.tests.end()) return with(ungraded(GradeStatus::infrastructure_error, broken->detail, program), verdict);
  const std::string reason =
      fmt::format("test {} of {}: {} {}", failed - verdict.tests.begin() + 1, verdict.total, to_text(failed->status), failed->detail);
  if (task.rules.partial_credit)
    return with(graded_share(static_cast<double>(passed) / static_cast<double>(verdict.total), false, program, reason), verdict);
  if (failed->status == TestStatus::time_limit) return with(ungraded(GradeStatus::answer_timeout, reason, program), verdict);
  if (failed->status == TestStatus::compile_error) return with(ungraded(GradeStatus::answer_parse_error, reason, program), verdict);
  return with(graded(false, program, {}, reason), verdict);
}

GradeResult no_program(const Verdict& verdict, std::string reason, GradeStatus status) {
  return with(ungraded(status, std::move(reason)), verdict);
}

class CodeGrader final : public Grader {
 public:
  CodeGrader(const Dialect& dialect, std::string_view data_source) : dialect_(dialect), rules_(rules_of(data_source)) {}

  GraderInfo info() const override {
    return {.id = {.name = "code", .version = kCodeVersion, .dialect = hash_of(dialect_)}, .needs_sandbox = true};
  }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override {
    const auto task = read_task(ground_truth, extra, rules_);
    if (!task) return tl::unexpected(task.error());
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    if (!context.sandbox) return ungraded(GradeStatus::unsupported, "programs need a sandbox");
    return dialect_.bug_compat ? grade_code_as_seed(request, context) : grade_strictly(request, context);
  }

 private:
  GradeResult grade_strictly(const GradeRequest& request, GradeContext& context) const {
    const auto task = read_task(request.ground_truth, request.extra, rules_);
    if (!task) {
      GradeResult result = ungraded(GradeStatus::target_error, task.error().describe());
      result.tests = {{.status = TestStatus::infrastructure_error, .detail = "the tests are malformed"}};
      return result;
    }
    const auto answer = extract::without_thinking(request.response, dialect_.think);
    const Candidates candidates = answer ? candidates_of(*answer, task->language) : Candidates{};
    if (candidates.texts.empty()) return ungraded(GradeStatus::no_answer, "the reply holds no program");
    if (task->language == Language::cpp) return grade_cpp(*task, candidates, context);
    auto analyst = Analyst::start(*context.sandbox);
    if (!analyst) return infrastructure_fault(analyst.error());
    return task->tests.empty() ? grade_stdio(*task, candidates, *analyst, context) : grade_functional(*task, candidates, *analyst, context);
  }

  static GradeResult grade_cpp(const CodeTask& task, const Candidates& candidates, GradeContext& context) {
    if (!task.tests.empty()) return ungraded(GradeStatus::unsupported, "C++ programs can only be tested by what they print");
    return result_of(judge_stdio(*context.sandbox, candidates.texts.front(), task, context), task, candidates.texts.front());
  }

  static GradeResult grade_stdio(const CodeTask& task, const Candidates& candidates, Analyst& analyst, GradeContext& context) {
    const auto program = analyst.choose(candidates.texts, {}, "", candidates.bare);
    if (!program || !*program) return without_program(program, task.stdio.size(), candidates);
    return result_of(judge_stdio(*context.sandbox, (*program)->text, task, context), task, (*program)->text);
  }

  GradeResult grade_functional(const CodeTask& task, const Candidates& candidates, Analyst& analyst, GradeContext& context) const {
    const auto plan = analyst.plan(task.tests, task.prefix);
    if (!plan) {
      const bool is_ours = plan.error().kind == ErrorKind::io;
      return ungraded(is_ours ? GradeStatus::infrastructure_error : GradeStatus::target_error, plan.error().describe());
    }
    const std::string entry = rules_.reduce && plan->names.size() == 1 ? plan->names[0] : std::string{};
    const auto program = analyst.choose(candidates.texts, plan->names, entry, candidates.bare);
    if (!program || !*program) return without_program(program, 1, candidates);
    const std::string& text = (*program)->text;
    if (!plan->calls.empty()) return result_of(judge_calls(*context.sandbox, text, task, plan->calls, context), task, text);
    const std::string why = "the tests must share the program's interpreter: " + plan->refused;
    if (!dialect_.trust_in_process) return ungraded(GradeStatus::unsupported, why + " (the dialect 'trusting' grades them)");
    GradeResult result = result_of(judge_beside(*context.sandbox, text, task, plan->certain_asserts), task, text);
    if (result.reason.empty()) result.reason = why;
    return result;
  }

  // A text that does not parse is an answer, if a bad one; talk without code is none.
  static GradeResult without_program(const Result<std::optional<ChosenProgram>>& program, std::size_t tests, const Candidates& candidates) {
    if (!program && program.error().kind == ErrorKind::io) return infrastructure_fault(program.error());
    Verdict verdict{.total = tests};
    if (candidates.bare) return no_program(verdict, "the reply holds no program", GradeStatus::no_answer);
    verdict.tests.assign(tests, {.status = TestStatus::compile_error, .detail = "no program of the reply parses"});
    return no_program(verdict, "no program of the reply parses", GradeStatus::answer_parse_error);
  }

  Dialect dialect_;
  SourceRules rules_;
};

}  // namespace

std::unique_ptr<Grader> make_code_grader(const Dialect& dialect, std::string_view data_source) {
  return std::make_unique<CodeGrader>(dialect, data_source);
}

}  // namespace xrouter::grade::code
