// What the analyst process says about a reply and about tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xrouter/grade/code/python_side.hpp"
#include "xrouter/grade/code/serialised.hpp"

namespace xrouter::grade::code {

/// One call that tests make, in order.
struct TestCall {
  std::string name = {};  ///< of the function; empty: an attribute of an earlier result
  int of = -1;            ///< the earlier call
  std::string attribute = {};
  std::string args = {};  ///< a Python literal: (positional, named)
  bool keep = false;      ///< later calls use its result
  std::vector<Expectation> expectations = {};
};

/// Test source, as data where it could be turned into it.
struct TestPlan {
  std::vector<std::string> names = {};  ///< what the candidate has to define
  std::vector<TestCall> calls = {};     ///< empty: the source has to run beside the candidate
  int certain_asserts = 0;              ///< the least number of asserts that a full run executes
  std::string refused = {};             ///< why there are no calls
};

struct ChosenProgram {
  int index = 0;  ///< of the candidates
  std::string text = {};
};

class Analyst {
 public:
  /// Errors: ErrorKind::io.
  static Result<Analyst> start(sandbox::Sandbox& sandbox);
  /// Errors: ErrorKind::config when the source is no Python or does not end; io when the sandbox failed.
  Result<TestPlan> plan(const std::string& tests, const std::string& prefix);
  /// The program of a reply. nullopt: nothing parses. With `entry` only what it reaches is kept.
  /// Errors: ErrorKind::io; ErrorKind::invalid_request when reading the reply ran into a limit.
  Result<std::optional<ChosenProgram>> choose(const std::vector<std::string>& texts, const std::vector<std::string>& names,
                                              const std::string& entry, bool bare);
  PythonSide& side() { return side_; }

 private:
  explicit Analyst(PythonSide side) : side_(std::move(side)) {}
  PythonSide side_;
};

}  // namespace xrouter::grade::code
