// The little UTF-8 that parsers and extractors need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xrouter::grade {

/// Bytes of the well-formed character at `at` (no overlong forms, no surrogates); 0 when malformed.
/// Precondition: at < text.size().
std::size_t utf8_length(std::string_view text, std::size_t at);
/// A surrogate or a number beyond Unicode is written as U+FFFD.
void append_utf8(std::string& out, char32_t code_point);
/// The character at `at`, which must be well formed.
char32_t utf8_decode(std::string_view text, std::size_t at);

}  // namespace xrouter::grade
