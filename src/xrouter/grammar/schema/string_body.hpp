// What may stand between the quotes of a string.
#pragma once

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/program.hpp"
#include "xrouter/grammar/schema/conjunction.hpp"

namespace xrouter::grammar {

/// The node of a string's body. Error: invalid_request for a pattern that is not supported.
Result<int> add_string_body(Program& program, const Document& document, const Conjunction& rules, const JsonStyle& style);

}  // namespace xrouter::grammar
