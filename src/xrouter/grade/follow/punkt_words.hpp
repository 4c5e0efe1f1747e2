// Punkt's own idea of a word. Internal to punkt.cpp.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

struct PunktWord {
  explicit PunktWord(TextView text);

  TextView text;
  std::string type;  ///< lower case, UTF-8; "##number##" for numbers
  bool ends_sentence = false;
  bool is_abbreviation = false;
  bool is_ellipsis = false;

  bool has_final_period() const { return text.back() == '.'; }
  bool is_initial() const { return text.size() == 2 && has_final_period() && is_word(text[0]) && !is_digit(text[0]); }
  std::string type_without_period() const;
  /// The type, without a period that ends a sentence.
  std::string type_in_context() const { return ends_sentence ? type_without_period() : type; }
};

/// The words of a text, line by line.
std::vector<PunktWord> punkt_words(TextView text);

/// May stand after a period or a word without a blank between: brackets, quotes, ? and !.
bool breaks_word(char32_t c);

}  // namespace xrouter::grade::follow
