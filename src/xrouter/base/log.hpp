// Logging: one line per event, to standard error, never a body, a prompt or a secret.
// Thread-safe. The scope names the request or component, so one request can be followed by grep.
#pragma once

#include <string_view>

namespace xrouter::log {

enum class Level { debug, info, warn, error, off };

void set_level(Level level);
void debug(std::string_view scope, std::string_view text);
void info(std::string_view scope, std::string_view text);
void warn(std::string_view scope, std::string_view text);
void error(std::string_view scope, std::string_view text);

}  // namespace xrouter::log
