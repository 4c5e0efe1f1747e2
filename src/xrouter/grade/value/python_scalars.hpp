// The strings and numbers of Python's grammar, for parsers inside this library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {

/// The identifier at the start of `text`; empty when there is none.
std::string_view python_word(std::string_view text);

/// Whether a string literal begins here: a quote, or r or u in either case before one.
bool starts_python_string(std::string_view text);
/// Reads the string literal at `at` and moves `at` behind it, or to the fault. \N{...} is refused.
std::optional<std::string> read_python_string(std::string_view text, std::size_t& at);

/// Reads a number with an optional sign and moves `at` behind it. Its text is normalised: no
/// underscores, decimal, digits on both sides of a dot. Binary, octal and hexadecimal ones may have
/// 1,024 bits. nullopt for anything else, complex numbers included.
std::optional<Number> read_python_number(std::string_view text, std::size_t& at);

}  // namespace xrouter::grade
