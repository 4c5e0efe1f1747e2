// Which letter a reply chooses. Every rule needs the letter to stand alone, to be offered and not to
// be negated; nothing is ever guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xrouter/grade/choice/offered.hpp"

namespace xrouter::grade::choice {

struct Chosen {
  std::string letters;    ///< sorted; more than one when the reply names several
  std::string_view from;  ///< the part of the reply that says so
  std::string_view rule;  ///< for the record
};

/// Rules in order, the last match within each: "final answer: X"; "answer is X" and "answer: X"; a
/// boxed letter; a last or first line that is a letter; a reply that begins with "X."; the text of
/// one option; the only letter that a short reply mentions. `several`: "AB" means A and B.
/// Linear time.
std::optional<Chosen> chosen_of(std::string_view reply, const Offered& offered, bool several);

/// What the reply states as its answer, letter or not: what follows the last announcement (on the
/// next line when nothing does), or the whole reply.
std::string_view stated(std::string_view reply);

/// MMLU-Pro's published three steps without the random letter that follows them: the first "answer is
/// (X)", else the first line's last "Answer: X", else the last letter that stands alone. Always A to J.
char published_letter(std::string_view reply);

/// The seed's graders, faults included. gpqa: 0 when no letter is found, and a lower-case letter stays
/// one. supergpqa: a letter drawn from `seed` when none is found.
char seed_gpqa_letter(std::string_view reply);
char seed_supergpqa_letter(std::string_view reply, std::uint64_t seed);

}  // namespace xrouter::grade::choice
