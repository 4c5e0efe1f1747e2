// Regular expressions of schemas as automata over the bytes of a JSON string.
#pragma once

#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/dfa.hpp"

namespace xrouter::grammar {

/// What stands between the quotes of a JSON string in which `pattern` is found, characters costing 1. Written
/// plainly: only what must be escaped is. The subset of ECMA-262: literals, . [] | () (?:) * + ? {m,n}, ^ $,
/// \d \w \s and their opposites (of ASCII only: so it holds for every dialect), \t \n \r \f \v \0 \xHH \uHHHH.
/// Error: invalid_request with what is wrong, also for a pattern that is too large.
Result<Dfa> pattern_dfa(std::string_view pattern);

}  // namespace xrouter::grammar
