// The formats of strings that are kept, as patterns.
#pragma once

#include <string_view>

namespace xrouter::grammar {

bool is_known_format(std::string_view format);
/// A pattern that whole strings follow; "" where the format asks nothing of a string. Precondition: known.
std::string_view pattern_of_format(std::string_view format);

}  // namespace xrouter::grammar
