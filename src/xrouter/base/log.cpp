#include "xrouter/base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace xrouter::log {
namespace {

spdlog::logger& logger() {
  // Never destroyed: other statics and late threads may still log while the process ends.
  static const auto& instance = *new std::shared_ptr<spdlog::logger>([] {
    // A module that the program has loaded has a copy of this function, and shares spdlog with it.
    if (auto known = spdlog::get("xrouter")) return known;
    auto made = spdlog::stderr_color_mt("xrouter");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    return made;
  }());
  return *instance;
}

// Text from outside may hold line breaks; a log line is one line.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

void write(spdlog::level::level_enum level, std::string_view scope, std::string_view text) {
  if (logger().should_log(level)) logger().log(level, "{}: {}", scope, one_line(text));
}

}  // namespace

void set_level(Level level) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::off};
  logger().set_level(levels[static_cast<int>(level)]);
}

void debug(std::string_view scope, std::string_view text) { write(spdlog::level::debug, scope, text); }
void info(std::string_view scope, std::string_view text) { write(spdlog::level::info, scope, text); }
void warn(std::string_view scope, std::string_view text) { write(spdlog::level::warn, scope, text); }
void error(std::string_view scope, std::string_view text) { write(spdlog::level::err, scope, text); }

}  // namespace xrouter::log
