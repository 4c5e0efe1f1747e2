// Python's string functions, as the seed's rules use them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grade::math::compat {

std::string replaced(std::string_view text, std::string_view from, std::string_view to);
std::vector<std::string> split(std::string_view text, std::string_view separator);
/// str.strip() and str.lower(), for ASCII.
std::string stripped(std::string_view text);
std::string lower(std::string_view text);
/// str.strip(characters)
std::string_view stripped_of(std::string_view text, std::string_view characters);
/// float(text); nullopt for its ValueError.
std::optional<double> to_float(std::string_view text);
/// int(round(value)) as text, for values within 1e-7 of a whole number; nullopt for others.
std::optional<std::string> whole_text(double value);
/// math.isclose(a, b, rel_tol=tolerance)
bool is_close(double a, double b, double tolerance);
/// The content of the last \boxed{...} (else \fbox) by counting braces, trimmed; nullopt when it does not close.
std::optional<std::string> last_box(std::string_view text);

}  // namespace xrouter::grade::math::compat
