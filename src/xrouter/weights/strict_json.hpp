// JSON of model files: as json::parse, and an object that names a member twice is refused, since readers disagree
// about which of the two counts.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "xrouter/base/result.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::weights {

/// Errors: config, "<file>: <reason>".
Result<boost::json::value> parse_strict(std::string_view text, std::string_view file, const json::ParseLimits& limits);

}  // namespace xrouter::weights
