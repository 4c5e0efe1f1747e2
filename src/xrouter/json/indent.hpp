// JSON for people: what is kept in files that somebody will read.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::json {

/// Line breaks and two blanks a level; objects and arrays without others inside stay on one line. Ends with a line
/// break. Precondition: `json` is compact and valid.
std::string indented(std::string_view json);

}  // namespace xrouter::json
