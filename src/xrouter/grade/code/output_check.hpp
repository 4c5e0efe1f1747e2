// Comparing what a program printed with what it should have printed.
#pragma once

#include <string_view>

#include "xrouter/grade/code/task.hpp"

namespace xrouter::grade::code {

struct Tolerance {
  double absolute = 1e-6;
  double relative = 1e-6;
};

/// Linear in the texts but for unordered_lines (n log n).
bool output_matches(std::string_view printed, std::string_view key, Checker checker, const Tolerance& tolerance);

/// What the seed's code grader accepts, its false positives included.
bool output_matches_as_seed(std::string_view printed, std::string_view key);

}  // namespace xrouter::grade::code
