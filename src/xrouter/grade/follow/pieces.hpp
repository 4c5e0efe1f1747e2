// Paragraphs, bullets and marked spans of a reply, as the instruction sets count them.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::follow {

/// Divided by ***, with one blank on each side of it.
std::vector<TextView> starred_pieces(TextView text);

/// How many pieces are not blank; nullopt when one other than the first and the last is.
std::optional<std::size_t> filled_pieces(const std::vector<TextView>& pieces);

/// Lines that begin with one * or with -; a star at the end of its line takes the next line in.
std::size_t bullets(TextView text);

/// Not blank spans between *...* and between **...**, both on one line.
std::size_t highlights(TextView text);

/// [...] on one line.
std::size_t placeholders(TextView text);

/// A <<...>> on one line that holds something.
bool has_title(TextView text);

}  // namespace xrouter::grade::follow
