// What `serve` checks and says when its configuration is read, at the start and on SIGHUP.
#pragma once

#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/config/config.hpp"

namespace xrouter::app {

/// Whoever can reach an open port without a key can spend the operator's money. Error: config.
Result<void> check_open_port(const config::Config& config);
/// Settings that differ and that only a restart brings into force.
std::vector<std::string> needing_restart(const config::Config& now, const config::Config& started_with);

/// Every slip of a refused configuration as a line of the log.
void log_refused(const Error& error);
void log_reloaded(const config::Config& now, const config::Config& started_with);

}  // namespace xrouter::app
