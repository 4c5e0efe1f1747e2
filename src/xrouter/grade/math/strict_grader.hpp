// The strict mathematics graders: parse, decide, never execute.
#pragma once

#include <memory>

#include "xrouter/grade/grader.hpp"

namespace xrouter::grade::math {

/// Where the answer stands in a reply.
enum class Answers {
  anywhere,    ///< boxed, announced, or the last one in the text
  json_field,  ///< the "answer" member of the last JSON object, else anywhere
  hashes,      ///< after "####", else anywhere
};

/// Ground truth: a text, a number, or a list of texts of which any one is right. Whether a failed
/// rule may be asked of a judge is the caller's choice: see `Judged` in judged_grader.hpp.
std::unique_ptr<Grader> make_strict(const Dialect& dialect, Answers answers);

}  // namespace xrouter::grade::math
