// Exact comparison of expressions with variables as rational functions over the integers. What is no
// arithmetic (a root, a sine, f(x)) counts as one more variable, so "equal" is proved and "different"
// is only sure when nothing but symbols is in the trees.
#pragma once

#include <tl/expected.hpp>

#include "xrouter/grade/math/exact.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// Errors: Fault::too_big over the limits on variables, degree and terms.
tl::expected<bool, Fault> same_function(const Node& a, const Node& b);

/// The sign of the rational constant c with a = c * b; 0 when there is none or a or b is 0.
tl::expected<int, Fault> proportion_sign(const Node& a, const Node& b);

}  // namespace xrouter::grade::math
