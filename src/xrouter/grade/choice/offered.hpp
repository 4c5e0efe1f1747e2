// Which letters a question offers, and which of them is right.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::choice {

struct Offered {
  std::string letters;               ///< "ABCD"
  std::vector<std::string> options;  ///< their texts, folded; empty when the data has none
};

/// From the fields `options` or `choices` (a list of texts, or the letters as one text) or
/// `n_options` of a data set; otherwise the first `usual` letters.
/// Errors: ErrorKind::config for none, or for more than 26.
Result<Offered> offered_of(const Value& extra, int usual);

/// The letter of the only option with this text (folded and undecorated); 0 when there is none or two.
char letter_of_text(std::string_view text, const Offered& offered);

/// The key: one letter, several (data with a list as ground truth), or a text where no options are known.
struct Key {
  std::string letters;  ///< sorted
  std::string text;     ///< folded; used when `letters` is empty
  bool several = false;
};
/// Errors: ErrorKind::config when the letter is not offered or the key is no text or list of texts.
Result<Key> key_of(const Value& ground_truth, const Offered& offered);

}  // namespace xrouter::grade::choice
