// Text by Unicode characters, with Python's idea of blanks, words, digits and case: the instruction sets were
// defined by Python programs, and their verdicts hang on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grade::follow {

using Text = std::u32string;
using TextView = std::u32string_view;

/// Malformed bytes become U+FFFD, one each. Linear time.
Text decode(std::string_view utf8);
std::string encode(TextView text);

bool is_space(char32_t c);  ///< str.isspace(), and \s of a pattern
bool is_word(char32_t c);   ///< \w: letters, every kind of number, underscore; no combining marks
bool is_digit(char32_t c);  ///< \d: decimal digits of any script
bool is_alpha(char32_t c);  ///< letters
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_ascii_punctuation(char32_t c);  ///< string.punctuation

/// str.isupper(), str.islower(): something is cased, and all of it this way.
bool all_upper(TextView text);
bool all_lower(TextView text);
/// str.lower(). The final sigma is decided by the neighbouring letters alone.
Text lowered(TextView text);

bool is_blank(TextView text);      ///< nothing but white space, or nothing
bool is_invisible(TextView text);  ///< nothing but white space and format characters (zero width space, byte order mark), or nothing
TextView stripped(TextView text);
TextView left_stripped(TextView text);
TextView right_stripped(TextView text);
/// Without leading and trailing characters out of `set`.
TextView stripped(TextView text, TextView set);
TextView left_stripped(TextView text, TextView set);
TextView right_stripped(TextView text, TextView set);
/// string.punctuation and the space.
TextView punctuation_and_space();
/// Without ASCII punctuation, wherever it stands.
Text without_punctuation(TextView text);

/// str.split(): runs of white space divide, nothing is empty.
std::vector<TextView> blank_separated(TextView text);
/// str.split(separator): at least one piece, pieces may be empty. Precondition: separator is not empty.
std::vector<TextView> split(TextView text, TextView separator);
/// The matches of \w+.
std::vector<TextView> words(TextView text);
/// Non-overlapping occurrences. Precondition: part is not empty.
std::size_t count(TextView text, TextView part);
Text replaced(TextView text, TextView from, TextView to);
bool contains(TextView text, TextView part);

}  // namespace xrouter::grade::follow
