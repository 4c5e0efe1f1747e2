// Reading letters at the place where an answer is announced. Private to choice/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::grade::choice {

/// A capital letter of `offered` at `at` that is a word of its own: not of "B-cell", "A.M.", "E = mc",
/// and neither the article A nor the pronoun I.
bool lone_letter(std::string_view text, std::size_t at, std::string_view offered);

/// The letters at the start of `text`, behind decoration and words such as "option" or "most likely".
/// `several`: "AB" is two letters. Empty when something else stands there, or a negation.
/// `end` is set behind the last letter and its closing brackets.
std::string read_letters(std::string_view text, std::string_view offered, bool several, std::size_t& end);

/// Whether the word before `at` denies what follows.
bool negated(std::string_view text, std::size_t at);

}  // namespace xrouter::grade::choice
