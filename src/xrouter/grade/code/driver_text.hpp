// The Python programs that run inside the sandbox.
#pragma once

#include <string_view>

namespace xrouter::grade::code {

/// Reads replies and tests; executes tests and reference functions, never a reply.
extern const std::string_view kAnalystText;
/// Executes a reply and answers calls with serialised plain values.
extern const std::string_view kWorkerText;

}  // namespace xrouter::grade::code
