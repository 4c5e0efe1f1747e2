#include "reload.hpp"

#include <algorithm>
#include <string_view>

#include "xrouter/base/log.hpp"
#include "xrouter/config/addresses.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/config/properties.hpp"

namespace xrouter::app {
namespace {

constexpr std::string_view kScope = "config";

}  // namespace

Result<void> check_open_port(const config::Config& config) {
  if (!config.server.api_key_hashes.empty() || config::is_loopback(config.server.listen)) return {};
  return fail(ErrorKind::config, config.server.listen +
                                     " can be reached from other machines and no API key is configured.\n"
                                     "  Set server.api_key_hashes (xrouter config hash-key makes one), listen on 127.0.0.1, or say --allow-no-auth.");
}

std::vector<std::string> needing_restart(const config::Config& now, const config::Config& started_with) {
  const config::Draft after{.config = now};
  const config::Draft before{.config = started_with};
  std::vector<std::string> names;
  for (const auto& property : config::draft_properties())
    if (property.about.needs_restart && property.show(after) != property.show(before)) names.push_back(property.name);
  return names;
}

void log_refused(const Error& error) {
  log::error(kScope, "SIGHUP: the new configuration is not used; the old one stays in force");
  const std::string text = error.describe();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    log::error(kScope, line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

void log_reloaded(const config::Config& now, const config::Config& started_with) {
  for (const std::string& warning : config::warnings(now)) log::warn(kScope, warning);
  for (const std::string& name : needing_restart(now, started_with)) log::warn(kScope, "SIGHUP: " + name + " has changed; a restart brings it into force");
  log::info(kScope, "SIGHUP: " + now.source + " is in force for requests to come (" + now.hash + ")");
}

}  // namespace xrouter::app
