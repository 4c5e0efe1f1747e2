// Doubles that must come back bit for bit, as checkpoints need them. Boost.JSON 1.81 reads a JSON number with an error
// of up to one unit in the last place, so these travel as strings.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace xrouter::json {

/// The shortest decimal that is this double; "inf", "nan" for what is not finite.
inline std::string exact_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  return {text, end.ptr};
}

/// nullopt for anything but a number from its first to its last character.
inline std::optional<double> exact_double(std::string_view text) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace xrouter::json
