// The seed's mathematics graders, bug for bug, without executing anything.
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::math::compat {

enum class Rule {
  naive_dapo,  ///< the default of "math*"
  hendrycks,   ///< string equality of boxes
  math_dapo,   ///< "Answer:" and string equality
  prime_math,
  gsm8k,
  geo3k,
  search_r1,  ///< exact match of <answer>; outside bug_compat without the seed's tag counting
};

std::unique_ptr<Grader> make(Rule rule, const Dialect& dialect);

}  // namespace xrouter::grade::math::compat
