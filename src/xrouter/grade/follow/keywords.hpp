// Finding keywords in a reply: as plain texts, or as the regular expressions that the original rules take them for.
#pragma once

#include "xrouter/grade/follow/kind.hpp"

namespace xrouter::grade::follow {

/// How often something was found, or why that is not known (gave_up or bad_target).
using Counted = tl::expected<std::size_t, Outcome>;

enum class Borders : std::uint8_t {
  any,    ///< also inside words
  words,  ///< \b on both sides
};

/// Case-blind matches that do not overlap, at most `stop_at`.
Counted count_keyword(const Subject& subject, TextView keyword, Borders borders, std::size_t stop_at);

/// Whether a border between a word and something else lies before text[at].
bool is_border(TextView text, std::size_t at);

/// Outcome of a question about a count.
template <class Question>
Outcome judged(const Counted& counted, Question question) {
  return counted ? outcome(question(*counted)) : counted.error();
}

}  // namespace xrouter::grade::follow
