// What one sentence states as its value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grade::math {

/// Readings of a sentence as a statement of one value, the most literal first: the whole of it, what follows
/// its last verb, its only formula, its only number. A sentence that denies, doubts, compares or names
/// several numbers states none beyond its literal reading. Linear; empty for texts over 4,000 bytes.
std::vector<std::string_view> stated_values(std::string_view sentence);

/// The last sentence of a reply that holds a number or a formula; the whole of a reply without one.
/// Line breaks end a sentence, but not within \[..\] and $$..$$. Linear.
std::string_view last_sentence(std::string_view text);

}  // namespace xrouter::grade::math
