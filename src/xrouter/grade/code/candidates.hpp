// Which texts of a reply may be its program, the most likely first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/grade/code/task.hpp"

namespace xrouter::grade::code {

struct Candidates {
  std::vector<std::string> texts;  ///< valid UTF-8, LF only; at most 16 of at most 1 MiB
  bool bare = false;               ///< no fence: the text is the whole reply, with talk perhaps
};

/// Fences with a fitting label or none, the last first; the longest of them ends the list once more, for when
/// none parses. Without any fence, the whole text. Empty: fences are there, but none fits.
Candidates candidates_of(std::string_view text, Language language);

/// As the seed: the contents of every ```word fence after the first </think>, joined.
std::string program_as_seed(std::string_view reply);

}  // namespace xrouter::grade::code
