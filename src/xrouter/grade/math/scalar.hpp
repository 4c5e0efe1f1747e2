// Single values: numbers as written, tolerance, percent signs and units.
#pragma once

#include <string>

#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/math/closed_form.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

struct ScalarVerdict {
  Verdict verdict = Verdict::different;
  std::string reason = {};
};

/// The rule for two values: exact, but for decimals against exact values (half a unit of the last
/// written digit) and a data set's stated tolerance. A whole-number gold is always exact.
ScalarVerdict compare_scalars(const Node& gold, const Node& answer, const Dialect& dialect);

}  // namespace xrouter::grade::math
