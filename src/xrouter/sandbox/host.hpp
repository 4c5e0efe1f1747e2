// What this machine offers to isolate with.
#pragma once

#include <vector>

#include "xrouter/sandbox/command_line.hpp"

namespace xrouter::sandbox {

/// Ways to isolate, the best first; which of them works has to be tried. Errors: ErrorKind::config
/// naming the program that is not installed.
Result<std::vector<Host>> possible_hosts(const SandboxOptions& options);

}  // namespace xrouter::sandbox
