// The byte-level alphabet of GPT-2: every byte written as one visible character, so that vocabularies are text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::tokenizer {

/// The bytes that a token's text stands for; nothing when a character is not of the alphabet.
std::optional<std::string> bytes_of_alphabet(std::string_view token_text);

}  // namespace xrouter::tokenizer
