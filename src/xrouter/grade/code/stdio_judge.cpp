#include <algorithm>

#include "xrouter/grade/code/judges.hpp"
#include "xrouter/grade/code/output_check.hpp"

namespace xrouter::grade::code {
namespace {

using sandbox::RunResult;
using sandbox::RunStatus;
using std::chrono::milliseconds;

constexpr milliseconds kMaxTotal{60'000};

// The tests of one program together, as a limit for those who sleep in each of them.
milliseconds total_wall(const CodeTask& task) {
  const auto sum = task.rules.test_limit * static_cast<std::int64_t>(task.stdio.size());
  return wall_for(std::min<milliseconds>(kMaxTotal, sum) + milliseconds(1000));
}

TestOutcome outcome_of(const RunResult& run, const StdioTest& test, const CodeTask& task) {
  TestOutcome outcome{.status = status_of(run), .wall = run.wall};
  if (outcome.status != TestStatus::pass) {
    outcome.detail = last_words(run.problem.empty() ? run.err : run.problem);
    return outcome;
  }
  if (!output_matches(run.out, test.output, task.rules.checker, {task.abs_tol, task.rel_tol})) outcome.status = TestStatus::wrong_answer;
  // Such a verdict could turn on another machine.
  if (run.wall * 10 >= task.rules.test_limit * 9) outcome.detail = "within 10 % of the time limit";
  return outcome;
}

/// Errors: the outcome that every test shares.
tl::expected<sandbox::Program, Verdict> compiled(sandbox::Sandbox& sandbox, const std::string& text, const CodeTask& task) {
  sandbox::Program compiler{.argv = {"/bin/sh", "-c", "command -v g++ >/dev/null || exit 117; g++ -O2 -std=c++17 -o a main.cpp && cat a"},
                            .files = {{"main.cpp", text}},
                            .toolbox = sandbox::Toolbox::compiler};
  compiler.limits = {.wall = std::chrono::seconds(60),
                     .cpu = std::chrono::seconds(30),
                     .output_bytes = 32 << 20,
                     .file_bytes = 32 << 20,
                     .may_fork = true};
  const RunResult built = sandbox.run(compiler);
  Verdict verdict{.total = task.stdio.size()};
  if (built.status == RunStatus::exited && built.code == 0) {
    return sandbox::Program{.argv = {"/w/program"}, .files = {{"program", built.out, true}}};
  }
  if (built.status == RunStatus::exited && built.code == 117) {
    verdict.unsupported = "g++ is not installed";
    return tl::unexpected(verdict);
  }
  const bool is_ours = built.status == RunStatus::infrastructure_error;
  const TestOutcome outcome{.status = is_ours ? TestStatus::infrastructure_error : TestStatus::compile_error,
                            .detail = last_words(built.err + built.problem)};
  verdict.tests.assign(task.stdio.size(), outcome);
  return tl::unexpected(verdict);
}

}  // namespace

Verdict judge_stdio(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, const GradeContext& context) {
  sandbox::Program run{.argv = {"python3", "-s", "-B", "main.py"}, .files = {{"main.py", program}}};
  if (task.language == Language::cpp) {
    auto built = compiled(sandbox, program, task);
    if (!built) return built.error();
    run = std::move(*built);
  }
  run.limits.cpu = task.rules.test_limit;
  run.limits.wall = wall_for(task.rules.test_limit);
  Verdict verdict{.total = task.stdio.size()};
  milliseconds left = total_wall(task);
  for (const StdioTest& test : task.stdio) {
    verdict.cancelled = context.cancelled && context.cancelled->load();
    if (verdict.cancelled) break;
    if (left <= milliseconds(0)) {
      verdict.tests.push_back({.status = TestStatus::time_limit, .detail = "the tests together took too long"});
      break;
    }
    run.input = test.input;
    run.limits.wall = std::min(run.limits.wall, left);
    const RunResult result = sandbox.run(run);
    left -= result.wall;
    verdict.tests.push_back(outcome_of(result, test, task));
    const TestStatus status = verdict.tests.back().status;
    if (status == TestStatus::infrastructure_error || (status != TestStatus::pass && !task.rules.partial_credit)) break;
  }
  return verdict;
}

}  // namespace xrouter::grade::code
