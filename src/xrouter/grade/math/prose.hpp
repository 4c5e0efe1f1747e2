// Answers inside sentences. All views are into the argument; all scans are linear.
#pragma once

#include <optional>
#include <string_view>

namespace xrouter::grade::math {

/// False for program text, whose numbers are no answers.
bool is_prose_text(std::string_view text);

/// The first sentence, without a closing formula ("I hope it is correct.").
std::string_view without_closing(std::string_view sentence);

/// Without surrounding dollar signs, emphasis, quotes and a final full stop. Empty if emphasis is left
/// inside: as mathematics its stars would be powers.
std::string_view bare(std::string_view text);

/// What follows the last "is", "are", "=" or ":" of a sentence, outside of mathematics.
std::optional<std::string_view> after_last_verb(std::string_view sentence);

/// The content of the last $..$, $$..$$, \(..\) or \[..\].
std::optional<std::string_view> last_segment(std::string_view text);

/// The last number, with its sign, thousands marks, fraction and percent sign.
std::optional<std::string_view> last_number(std::string_view text);

}  // namespace xrouter::grade::math
