// JSON as Python's json.dumps writes it, which is what `tojson` in the models' templates is.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace xrouter::chat_format {

/// `indent` 0: one line with ", " and ": "; else one member a line. Non-ASCII text stays as it is.
std::string python_json(const boost::json::value& value, int indent = 0);
/// A quoted string.
std::string python_json(std::string_view text);
/// str(float): the shortest text that reads back, 1e16 and 1e-05 with an exponent, 3.0 with its point.
std::string python_float(double number);
/// str.strip(): white space of Unicode at both ends.
std::string_view python_strip(std::string_view text);

}  // namespace xrouter::chat_format
