// The seed's code graders, loopholes included: only for comparing with its figures.
#include <algorithm>

#include "xrouter/grade/code/candidates.hpp"
#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/code/output_check.hpp"
#include "xrouter/grade/code/python_side.hpp"
#include "xrouter/grade/code/task.hpp"
#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::code {
namespace {

using sandbox::RunResult;
using sandbox::RunStatus;

constexpr std::chrono::seconds kSeedLimit{30};
constexpr std::chrono::seconds kSeedCruxLimit{3};
constexpr std::size_t kSeedPartialTests = 10;

RunResult run_python(sandbox::Sandbox& sandbox, std::string program, const std::string& input, std::chrono::milliseconds limit) {
  sandbox::Program run{.argv = {"python3", "-s", "-B", "main.py"}, .files = {{"main.py", std::move(program)}}, .input = input};
  run.limits.cpu = limit;
  run.limits.wall = wall_for(limit);
  return sandbox.run(run);
}

bool exited_well(const RunResult& run) { return run.status == RunStatus::exited && run.code == 0; }

TestStatus seed_status(const RunResult& run, const std::string& key) {
  const TestStatus status = status_of(run);
  if (status != TestStatus::pass) return status;
  return output_matches_as_seed(run.out, key) ? TestStatus::pass : TestStatus::wrong_answer;
}

GradeResult grade_stdio_as_seed(const std::string& program, const CodeTask& task, GradeContext& context) {
  const std::size_t tests = task.rules.partial_credit ? std::min(task.stdio.size(), kSeedPartialTests) : task.stdio.size();
  GradeResult result = graded(true, program);
  std::size_t passed = 0;
  for (std::size_t i = 0; i < task.stdio.size(); ++i) {
    if (task.rules.partial_credit && i >= tests && passed < tests) break;  // the share is of the first ten
    const RunResult run = run_python(*context.sandbox, program, task.stdio[i].input, kSeedLimit);
    const TestStatus status = seed_status(run, task.stdio[i].output);
    if (status == TestStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, run.problem);
    result.tests.push_back({.status = status, .wall = run.wall});
    passed += status == TestStatus::pass && i < tests;
    result.correct = result.correct && status == TestStatus::pass;
    if (!result.correct && !task.rules.partial_credit) break;
  }
  result.score = result.correct ? 1.0 : task.rules.partial_credit ? static_cast<double>(passed) / static_cast<double>(tests) : 0.0;
  return result;
}

}  // namespace

GradeResult grade_code_as_seed(const GradeRequest& request, GradeContext& context) {
  const auto task = read_task(request.ground_truth, request.extra, rules_of(request.data_source));
  if (!task) return ungraded(GradeStatus::target_error, task.error().describe());
  const std::string program = extract::to_utf8(program_as_seed(request.response));
  if (program.empty()) return ungraded(GradeStatus::no_answer, "no fence");
  if (task->tests.empty()) return grade_stdio_as_seed(program, *task, context);
  const RunResult run = run_python(*context.sandbox, task->prefix + "\n" + program + "\n" + task->tests, "", kSeedLimit);
  if (run.status == RunStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, run.problem);
  GradeResult result = graded(exited_well(run), program);
  result.tests = {{.status = status_of(run), .wall = run.wall}};
  result.trust = Trust::in_process;
  return result;
}

GradeResult grade_crux_as_seed(const GradeRequest& request, GradeContext& context) {
  const auto truth = unwrapped(request.ground_truth);
  const Value* function = truth ? truth->find("functional") : nullptr;
  if (!function || !function->if_string()) return ungraded(GradeStatus::target_error, "\"functional\" is needed");
  std::string answer = program_as_seed(request.response);
  if (answer.empty()) answer = *extract::without_thinking(request.response, ThinkPolicy::after_first);
  const RunResult run = run_python(*context.sandbox, *function->if_string() + "\n" + extract::to_utf8(answer), "", kSeedCruxLimit);
  if (run.status == RunStatus::infrastructure_error) return ungraded(GradeStatus::infrastructure_error, run.problem);
  GradeResult result = graded(exited_well(run), answer);
  result.trust = Trust::in_process;
  return result;
}

}  // namespace xrouter::grade::code
