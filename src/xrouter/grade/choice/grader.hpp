// Multiple choice: ground truth is a letter, a list of letters or an option's text; `extra` may name
// the options (see offered.hpp).
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::choice {

/// What stands in for the strict rules under a dialect with bug_compat.
enum class SeedRule { gpqa, supergpqa, mmlu_pro };

/// `usual` is how many letters are offered when the data does not say.
std::unique_ptr<Grader> make_choice(const Dialect& dialect, int usual, SeedRule seed);

}  // namespace xrouter::grade::choice
