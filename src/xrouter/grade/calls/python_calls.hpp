#pragma once

#include "xrouter/grade/calls/call_text.hpp"

namespace xrouter::grade::calls {

/// Calls in Python syntax only; see parse_calls().
Result<std::vector<FunctionCall>> parse_python_calls(std::string_view text);

}  // namespace xrouter::grade::calls
