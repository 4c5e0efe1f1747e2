// The normalizer of a tokenizer.json: nothing, or Unicode's composed form (NFC).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::tokenizer {

/// The text in NFC, in time n log n whatever the text; nothing when it already is. Precondition: valid UTF-8.
std::optional<std::string> nfc(std::string_view text);

}  // namespace xrouter::tokenizer
