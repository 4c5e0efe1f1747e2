// UTF-8 one character at a time, with Python's and the Unicode Standard's idea of what is malformed:
// each maximal part that could have begun a character is one error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace xrouter::tokenizer {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Char {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< of the character, or of its malformed part
  bool valid = false;
  bool incomplete = false;  ///< malformed only because the text ends here
};

/// Precondition: at < text.size().
Utf8Char utf8_at(std::string_view text, std::size_t at);

/// The character at `at` of text that is known to be valid.
inline Utf8Char valid_utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xE0) return {static_cast<char32_t>((lead & 0x1Fu) << 6 | (byte(1) & 0x3Fu)), 2, true};
  if (lead < 0xF0) return {static_cast<char32_t>((lead & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu)), 3, true};
  return {static_cast<char32_t>((lead & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu)), 4, true};
}

void append_utf8(char32_t code, std::string& out);

/// Bytes at the beginning that are ASCII.
std::size_t ascii_prefix(std::string_view text);
/// Bytes at the beginning that are valid UTF-8.
std::size_t valid_prefix(std::string_view text);
/// Appends the text with each malformed part as U+FFFD. With `hold_incomplete` a part that the text's end
/// cuts off is left out. Returns the number of bytes taken.
std::size_t append_valid(std::string_view text, bool hold_incomplete, std::string& out);

}  // namespace xrouter::tokenizer
