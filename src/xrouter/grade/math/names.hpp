// The words that the grammar knows.
#pragma once

#include <string_view>

namespace xrouter::grade::math {

/// The canonical name of a function written as a word or a LaTeX command without its backslash
/// ("arcsin" for "asin"); empty when it is none.
std::string_view function_name(std::string_view word);
/// True for functions that can be evaluated; others (f, gcd of symbols, sums) are only compared.
bool has_value(std::string_view function);
/// Greek letters and their like, as LaTeX spells them.
bool is_letter_name(std::string_view word);
/// Units that may follow a number as plain words.
bool is_unit_word(std::string_view folded);
/// "million" is a factor of 10^6, "dozen" of 12^1; nullptr for other words.
struct Scale {
  std::string_view word;
  int base = 10, exponent = 0;
};
const Scale* scale_of(std::string_view folded);
/// Words that are never a product of letters.
bool is_english_word(std::string_view folded);

}  // namespace xrouter::grade::math
