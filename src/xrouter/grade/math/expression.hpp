// Expressions with variables.
#pragma once

#include "xrouter/grade/math/closed_form.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

struct ExpressionVerdict {
  Verdict verdict = Verdict::different;
  bool probable = false;  ///< equal at every fixed point, but not proved
};

/// Rational functions exactly; otherwise by enclosures at fixed points: any disjoint pair is a proof of
/// difference, agreement to 30 digits at all of them counts as equal.
ExpressionVerdict compare_expressions(const Node& a, const Node& b);

}  // namespace xrouter::grade::math
