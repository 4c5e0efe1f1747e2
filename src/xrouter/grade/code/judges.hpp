// Running a chosen program against its tests.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/code/analyst.hpp"
#include "xrouter/grade/code/task.hpp"
#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::code {

struct Verdict {
  std::vector<TestOutcome> tests = {};  ///< as far as they were run
  std::size_t total = 0;                ///< how many there are
  Trust trust = Trust::full;
  bool cancelled = false;
  std::string unsupported = {};  ///< what is missing to run it at all
};

/// One process per test; output is compared out here. Stops at the first failure unless there is partial credit.
Verdict judge_stdio(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, const GradeContext& context);

/// One process for all calls; results come out as plain values and are compared out here.
Verdict judge_calls(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, const std::vector<TestCall>& calls,
                    const GradeContext& context);

/// The tests run beside the program: Trust::in_process.
Verdict judge_beside(sandbox::Sandbox& sandbox, const std::string& program, const CodeTask& task, int certain_asserts);

}  // namespace xrouter::grade::code
