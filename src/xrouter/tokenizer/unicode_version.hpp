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

}  // namespace xrouter::tokenizer
