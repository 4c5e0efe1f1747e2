// What Python's eval() would make of a text, as far as it is arithmetic: for repeating the seed's
// table grader, which evaluates the reply. Nothing is executed; anything unknown is an exception.
#pragma once

#include <optional>
#include <string_view>

namespace xrouter::grade::structured {

/// float(eval(text)) for numbers, + - * / // % ** | & ^ << >> ~, brackets, and len, abs, min, max, sum, round,
/// int and float over them and over lists. nullopt where Python raises, and beyond 4,096 bytes, depth 32
/// or the range of a double. Integers are exact up to 2^53.
std::optional<double> evaluated(std::string_view text);

}  // namespace xrouter::grade::structured
