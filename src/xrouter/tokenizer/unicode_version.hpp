// One version of Unicode for all: split patterns must see what Hugging Face's tokenizers see, whatever the
// regular-expression library at hand knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::tokenizer {

/// The text for patterns to look at: characters that PCRE2 may not know yet (assigned after Unicode 14) replaced
/// by old ones of the same category and the same length, and U+180E, which PCRE2 alone counts as white space, by
/// another format character. Nothing when there are none. Precondition: valid UTF-8.
std::optional<std::string> stand_in(std::string_view text);
/// Of one character; itself when it needs none.
char32_t stand_in_of(char32_t code);
/// A character of Unicode 17, which the tokenizers' own digit test knows and their patterns do not.
inline bool is_later_number(char32_t code) { return (code >= 0x11DE0 && code <= 0x11DE9) || (code >= 0x16FF4 && code <= 0x16FF6); }

/// Whether NFC leaves the character alone whatever stands around it: it came after Unicode 9, which is what the
/// tokenizers' NFC knows, or stand_in_of() knows it as later still.
bool is_unknown_to_nfc(char32_t code);

}  // namespace xrouter::tokenizer
