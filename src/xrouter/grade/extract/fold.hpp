// Texts as they are compared where case and blanks say nothing.
#pragma once

#include <string>
#include <string_view>

namespace xrouter::grade::extract {

/// Lower case by Unicode, trimmed, every run of white space one blank. Malformed bytes become U+FFFD.
std::string folded(std::string_view text);

/// Without what markdown and LaTeX put around an answer: emphasis, quotes, dollar signs, one
/// \text{}, \textbf{}, \mathrm{} or \( \) around the whole, and a full stop at the end.
std::string_view undecorated(std::string_view text);

}  // namespace xrouter::grade::extract
