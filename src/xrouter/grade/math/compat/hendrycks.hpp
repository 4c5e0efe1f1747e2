// The string normaliser of hendrycks/math, as the seed carries it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xrouter::grade::math::compat {

/// nullopt where the original raises an exception.
std::optional<std::string> strip_string(std::string_view text);
/// strip_string() of the text without an enclosing \text{}; the text itself where that raises.
std::string normalize_answer(std::string_view text);
/// Without an enclosing \text{...}, if the whole of the text is one.
std::string without_text(std::string_view text);

}  // namespace xrouter::grade::math::compat
