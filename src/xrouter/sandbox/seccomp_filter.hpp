// The system calls that a sandboxed program may not make.
#pragma once

#include <string>

#include "xrouter/base/result.hpp"

namespace xrouter::sandbox {

/// The compiled filter, as bubblewrap reads it. Errors: ErrorKind::config when libseccomp cannot build one here.
Result<std::string> make_seccomp_filter(bool may_fork);

}  // namespace xrouter::sandbox
