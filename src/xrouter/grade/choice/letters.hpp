// Reading letters at the place where an answer is announced. Private to choice/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::grade::choice {

/// A capital letter of `offered` at `at` that is a word of its own: not of "B-cell", "A.M.", "E = mc",
/// and neither the article A nor the pronoun I.
bool lone_letter(std::string_view text, std::size_t at, std::string_view offered);

/// The letters at the start of `text`, behind decoration and words such as "option" or "most likely". Letters that
/// are reached over separators and words such as "or" alone belong to them, be it on lines of their own.
/// `several`: "AB" is two letters. Empty when something else stands there, or a negation,
/// or when they are denied.
/// `end` is set behind the last letter and its closing brackets.
std::string read_letters(std::string_view text, std::string_view offered, bool several, std::size_t& end);

/// Whether the word before `at` denies what follows.
bool negated(std::string_view text, std::size_t at);

/// Whether what stands before `at` is denied behind it: "is wrong", "can't be".
bool denied(std::string_view text, std::size_t at);

/// "wrong", "not", "isn't".
bool is_denial(std::string_view word);

}  // namespace xrouter::grade::choice
