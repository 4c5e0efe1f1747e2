// Shared by the tests of code graders: one sandbox, and a grade from plain texts.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "xrouter/grade/registry.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::grade::code {

inline sandbox::Sandbox& test_sandbox() {
  static const std::unique_ptr<sandbox::Sandbox> made = [] {
    auto result = sandbox::make_sandbox();
    if (result) return std::move(*result);
    std::cerr << "these tests need a working sandbox (tools/packages.sh installs bubblewrap):\n" << result.error().describe() << "\n";
    std::exit(1);
  }();
  return *made;
}

inline GradeResult grade_with(const Dialect& dialect, std::string_view source, std::string_view reply, const Value& truth,
                              const Value& extra = {}) {
  GradeContext context{.sandbox = &test_sandbox()};
  const auto grader = builtin_registry().grader_for(source, dialect);
  return (*grader)->grade({.data_source = source, .response = reply, .ground_truth = truth, .extra = extra}, context);
}

inline std::string fenced(std::string_view program, std::string_view label = "python") {
  return "```" + std::string(label) + "\n" + std::string(program) + "\n```";
}

inline Value functional(std::string_view tests) {
  Value::Dict truth;
  truth.items.emplace_back("functional", tests);
  return truth;
}

inline Value stdio(std::vector<std::pair<std::string, std::string>> tests) {
  Value::List inputs, outputs;
  for (auto& [input, output] : tests) {
    inputs.items.emplace_back(std::move(input));
    outputs.items.emplace_back(std::move(output));
  }
  Value::Dict truth;
  truth.items.emplace_back("inputs", std::move(inputs));
  truth.items.emplace_back("outputs", std::move(outputs));
  return truth;
}

inline Value fields(std::vector<std::pair<std::string, Value>> of) {
  Value::Dict dict;
  for (auto& [name, value] : of) dict.items.emplace_back(std::move(name), std::move(value));
  return dict;
}

}  // namespace xrouter::grade::code
