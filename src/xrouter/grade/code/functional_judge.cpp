#include <fmt/format.h>

#include <algorithm>

#include "xrouter/grade/code/driver_text.hpp"
#include "xrouter/grade/code/judges.hpp"

namespace xrouter::grade::code {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxTotal{60'000};

milliseconds total_cpu(const CodeTask& task, std::size_t tests) {
  const auto sum = task.rules.test_limit * static_cast<std::int64_t>(std::max<std::size_t>(tests, 1));
  return std::min<milliseconds>(kMaxTotal, sum) + milliseconds(1000);
}

TestOutcome outcome_of(const Answer& answer) {
  return {.status = answer.status, .wall = answer.wall, .detail = last_words(answer.problem)};
}

Request request_for(const TestCall& call, int index) {
  std::vector<std::string> views;
  for (const Expectation& expectation : call.expectations) {
    if (std::ranges::find(views, expectation.view) == views.end()) views.push_back(expectation.view);
  }
  Request request("call");
  request.number(index).text(call.name).number(call.of).text(call.attribute).text(call.args).number(call.keep ? 1 : 0).texts(views);
  return request;
}

// The reply holds one value for each view, in the order of their first use.
TestStatus compared(const Value& reply, const TestCall& call) {
  const Value* values = reply.find("value");
  const Value::List* list = values ? values->if_list() : nullptr;
  if (!list) return TestStatus::runtime_error;
  std::vector<std::string_view> views;
  for (const Expectation& expectation : call.expectations) {
    auto at = std::ranges::find(views, expectation.view);
    if (at == views.end()) at = views.insert(views.end(), expectation.view);
    const auto index = static_cast<std::size_t>(at - views.begin());
    if (index >= list->items.size()) return TestStatus::runtime_error;
    const auto value = read_serialised(list->items[index]);
    if (!value) return TestStatus::runtime_error;
    if (!meets(*value, expectation)) return TestStatus::wrong_answer;
  }
  return TestStatus::pass;
}

/// A worker that has executed the program, or why there is none.
tl::expected<PythonSide, TestOutcome> loaded(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task,
                                             milliseconds total) {
  auto worker = PythonSide::start(sandbox, kWorkerText, total);
  if (!worker) return tl::unexpected(TestOutcome{.status = TestStatus::infrastructure_error, .detail = worker.error().describe()});
  const Answer answer = worker->ask(Request("load").text(task.prefix).text(program), task.rules.test_limit);
  if (answer.status == TestStatus::pass) return std::move(*worker);
  TestOutcome outcome = outcome_of(answer);
  // An assertion of the program's own is no wrong answer to a test.
  if (outcome.status == TestStatus::wrong_answer) outcome.status = TestStatus::runtime_error;
  return tl::unexpected(outcome);
}

}  // namespace

Verdict judge_calls(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, const std::vector<TestCall>& calls,
                    const GradeContext& context) {
  Verdict verdict{.total = calls.size()};
  auto worker = loaded(sandbox, program, task, total_cpu(task, calls.size()));
  if (!worker) {
    verdict.tests.push_back(worker.error());
    return verdict;
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    verdict.cancelled = context.cancelled && context.cancelled->load();
    if (verdict.cancelled) break;
    const Answer answer = worker->ask(request_for(calls[i], static_cast<int>(i)), task.rules.test_limit);
    TestOutcome outcome = outcome_of(answer);
    if (outcome.status == TestStatus::wrong_answer) outcome.status = TestStatus::runtime_error;
    if (outcome.status == TestStatus::pass) outcome.status = compared(answer.value, calls[i]);
    verdict.tests.push_back(std::move(outcome));
    if (verdict.tests.back().status != TestStatus::pass) break;
  }
  return verdict;
}

Verdict judge_beside(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, int certain_asserts) {
  Verdict verdict{.total = 1, .trust = Trust::in_process};
  auto worker = loaded(sandbox, program, task, total_cpu(task, 8));
  if (!worker) {
    verdict.tests.push_back(worker.error());
    return verdict;
  }
  const Answer ran = worker->ask(Request("tests").text(task.tests), 8 * task.rules.test_limit);
  TestOutcome outcome = outcome_of(ran);
  if (outcome.status == TestStatus::pass) {
    const Number* count = ran.value.find("value") ? ran.value.find("value")->if_number() : nullptr;
    const bool ran_all = count && count->to_int64().value_or(0) >= std::max(certain_asserts, 1);
    // Sent only now, so that nothing that was printed or returned earlier can hold it.
    const std::string token = fmt::format("{:016x}", std::hash<std::string>{}(task.tests + program));
    const Answer echo = ran_all ? worker->ask(Request("token").text(token), task.rules.test_limit) : Answer{};
    const bool is_proven =
        ran_all && echo.status == TestStatus::pass && echo.value.find("value") && *echo.value.find("value") == Value(token);
    if (!is_proven) outcome = {.status = TestStatus::wrong_answer, .detail = "the tests did not run to their end"};
  }
  verdict.tests.push_back(std::move(outcome));
  return verdict;
}

}  // namespace xrouter::grade::code
