// Graders of programs, and of predictions about programs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::code {

inline constexpr int kCodeVersion = 1;
inline constexpr int kCruxVersion = 1;

/// Writes a program: `codegen*`, apps, codecontests, codeforces, taco.
std::unique_ptr<Grader> make_code_grader(const Dialect& dialect, std::string_view data_source);

/// Predicts an input or an output of a function: `simulation__cruxeval*`.
std::unique_ptr<Grader> make_crux_grader(const Dialect& dialect, std::string_view data_source);

/// Predicts an input of a program: where `extra` holds "reference_code" (and "function", main_solution by
/// default), any input is right that leads to the same output as the stored one. Everything else, and
/// whatever the reference cannot decide, is left to `literal`.
std::unique_ptr<Grader> make_codeio_grader(const Dialect& dialect, std::unique_ptr<Grader> literal);

/// The same in the seed's way: exit status 0 is success, in the sandbox all the same.
GradeResult grade_code_as_seed(const GradeRequest& request, GradeContext& context);
GradeResult grade_crux_as_seed(const GradeRequest& request, GradeContext& context);

}  // namespace xrouter::grade::code
