// Equality proofs by Calcium, for closed forms with logarithms, exponentials and trigonometry.
#pragma once

#include "xrouter/grade/math/closed_form.hpp"

namespace xrouter::grade::math {

/// Verdict::undecided also for trees that are larger than what Calcium is given.
Verdict compare_by_calcium(const Node& a, const Node& b);

}  // namespace xrouter::grade::math
