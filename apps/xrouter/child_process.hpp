// Runs another program of this machine and waits for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace xrouter::app {

/// Its exit code; 128 + n when signal n ended it; 127 when it cannot be started. Its standard output goes to our
/// standard error, its working directory is `folder`. While it runs, Ctrl-C ends it and not us, so that the caller can clean up.
int run_child(const std::vector<std::string>& words, const std::filesystem::path& folder);

}  // namespace xrouter::app
