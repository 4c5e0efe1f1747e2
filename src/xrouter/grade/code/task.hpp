// What a program has to do: the tests of one question, and the rules of its data set.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::code {

/// How printed output is compared. Integers are compared exactly by every one of them.
enum class Checker {
  exact,            ///< bytes, after the newlines at the end
  decimal_tokens,   ///< line by line; tokens equal as text or as decimals (LiveCodeBench)
  tolerant_tokens,  ///< the same; where the key is a fraction, within 1e-6 absolutely or relatively
  unordered_lines,  ///< the lines of `decimal_tokens` in any order
  floats,           ///< all tokens as floating-point numbers within the data set's tolerances
};

/// Of a data source.
struct SourceRules {
  Checker checker = Checker::tolerant_tokens;
  bool partial_credit = false;  ///< the score is the share of tests passed
  /// Only what the entry point reaches is run, so that examples beside it decide nothing.
  bool reduce = false;
  std::chrono::milliseconds test_limit{4000};
};
SourceRules rules_of(std::string_view data_source);

enum class Language { python, cpp };

struct StdioTest {
  std::string input;
  std::string output;
};

struct CodeTask {
  Language language = Language::python;
  std::vector<StdioTest> stdio = {};  ///< either these
  std::string tests = {};             ///< or Python source that tests
  std::string prefix = {};            ///< Python source that runs before the candidate's
  SourceRules rules = {};
  double abs_tol = 1e-6;
  double rel_tol = 1e-6;
};

/// From {"functional": ...} or {"inputs": [...], "outputs": [...]}, or the JSON text of one; `extra` may name
/// "prefix", "language", "checker", "timeout_s", "atol", "rtol". Errors: ErrorKind::config naming what is wrong.
Result<CodeTask> read_task(const Value& ground_truth, const Value& extra, const SourceRules& rules);

/// The value itself, or what its JSON text holds.
Result<Value> unwrapped(const Value& ground_truth);

}  // namespace xrouter::grade::code
