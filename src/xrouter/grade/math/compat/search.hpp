// Exact match of open answers, as Search-R1 grades them.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::math::compat {

/// The last <answer> equals one of the keys after folding case, punctuation, articles and blanks. Under
/// bug_compat a reply with more than ten tags of a kind gets a quarter.
GradeResult grade_search(std::string_view reply, const std::vector<std::string>& keys, const Dialect& dialect);

}  // namespace xrouter::grade::math::compat
