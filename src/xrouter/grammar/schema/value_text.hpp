// Constants of a schema as they are written.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "xrouter/grammar/grammar.hpp"

namespace xrouter::grammar {

std::string text_of(const boost::json::value& value, const JsonStyle& style);

}  // namespace xrouter::grammar
