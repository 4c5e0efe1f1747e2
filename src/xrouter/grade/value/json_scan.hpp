// Where the scalars of JSON end: shared by the parser and by the search for JSON inside prose.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace xrouter::grade {

inline bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The end of the string whose opening quote is at `at`. nullopt: no string; `stop`, when given, is
/// then where reading failed.
std::optional<std::size_t> json_string_end(std::string_view text, std::size_t at, std::size_t* stop = nullptr);
/// The end of the number at `at`.
std::optional<std::size_t> json_number_end(std::string_view text, std::size_t at);
/// The end of true, false, null, NaN, Infinity or -Infinity at `at`.
std::optional<std::size_t> json_word_end(std::string_view text, std::size_t at);

}  // namespace xrouter::grade
