// LaTeX to text as pylatexenc's LatexNodes2Text writes it, for the macros that answers use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::grade::math::compat {

/// nullopt for unbalanced braces and nesting over 64 (the original then keeps its input).
std::optional<std::string> latex_to_text(std::string_view latex);

}  // namespace xrouter::grade::math::compat
