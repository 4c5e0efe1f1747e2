// Text of an answer to a tree. Nothing is evaluated.
#pragma once

#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/grade/math/lex.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// One reading of a text. Errors: ErrorKind::invalid_request for what is not in the grammar, with
/// "limit: ..." as its text when a limit of limits.hpp was hit. Linear time, recursion at most kMaxDepth.
Result<Node> parse(std::string_view text, Commas commas);

/// The readings of a text: one, or two when 1,234 may be a number or a list. Errors as parse().
Result<std::vector<Node>> readings(std::string_view text);

/// True for the errors of parse() that name a limit.
bool is_limit(const Error& error);

/// Words for comparison as text: wrappers such as \text gone, lower case, no end punctuation.
enum class Blanks { none, single };
std::string folded_words(std::string_view text, Blanks blanks = Blanks::none);

}  // namespace xrouter::grade::math
