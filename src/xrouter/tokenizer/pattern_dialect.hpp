// From Oniguruma's syntax, in which tokenizer.json files write patterns, to PCRE2's.
#pragma once

#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

namespace xrouter::tokenizer {

/// A pattern that PCRE2 (UTF, UCP, MULTILINE, newline LF) reads as Oniguruma does. Error config, with the byte:
/// whatever the two may read differently and no split pattern in use needs (\b, back references, nested
/// classes, options in the middle, possessive intervals).
Result<std::string> pcre2_of_oniguruma(std::string_view pattern);
/// A pattern that matches the text itself.
std::string escaped_for_pcre2(std::string_view text);

}  // namespace xrouter::tokenizer
