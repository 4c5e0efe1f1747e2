#include "xrouter/grade/code/code_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> code_rows() {
  std::vector<RegistryRow> rows;
  const auto add = [&rows](std::string key, Match match, std::string about) {
    rows.push_back({std::move(key), match, code::make_code_grader, std::move(about)});
  };
  for (const char* set : {"humaneval", "humanevalplus", "mbpp", "mbppplus"}) {
    add(std::string("codegen__") + set, Match::exact,
        "Python function: its results compared with the tests', definitions the function reaches only");
  }
  add("codegen__livecodebench", Match::exact, "Python program or method: all tests, tokens equal as decimals, 6 s each");
  for (const char* set : {"leetcode2k", "taco", "primeintellect"}) {
    add(std::string("codegen__") + set, Match::exact, "Python program or function: all tests");
  }
  add("codegen", Match::prefix, "Python program or function: all tests");
  for (const char* set : {"apps", "codecontests", "codeforces", "taco"}) {
    add(set, Match::exact, "Program: share of the tests passed");
  }
  rows.push_back(
      {"simulation__cruxeval", Match::prefix, code::make_crux_grader, "Prediction of a function's input (-i) or output (-o), executed"});
  return rows;
}

}  // namespace xrouter::grade
