#include "xrouter/grade/math/compat/text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace xrouter::grade::math::compat {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with single underscores between them; moves `at` behind them. False when there are none.
bool skip_digits(std::string_view text, std::size_t& at, std::string& out) {
  const std::size_t begin = at;
  while (at < text.size() && (is_digit(text[at]) || (text[at] == '_' && at > begin && is_digit(text[at - 1]) && at + 1 < text.size() &&
                                                     is_digit(text[at + 1])))) {
    if (text[at] != '_') out += text[at];
    ++at;
  }
  return at > begin;
}

}  // namespace

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(from, at)) != std::string_view::npos; at = found + from.size()) {
    out.append(text.substr(at, found - at));
    out.append(to);
  }
  return out.append(text.substr(at));
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(separator, at)) != std::string_view::npos; at = found + separator.size()) {
    parts.emplace_back(text.substr(at, found - at));
  }
  parts.emplace_back(text.substr(at));
  return parts;
}

std::string stripped(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string_view stripped_of(std::string_view text, std::string_view characters) {
  const std::size_t begin = text.find_first_not_of(characters);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(characters) - begin + 1);
}

std::optional<double> to_float(std::string_view raw) {
  const std::string text = lower(stripped(raw));
  std::string clean;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) clean += text[at++];
  const std::string_view rest = std::string_view(text).substr(at);
  if (rest == "inf" || rest == "infinity" || rest == "nan") return std::strtod(text.c_str(), nullptr);
  bool digits = skip_digits(text, at, clean);
  if (at < text.size() && text[at] == '.') {
    clean += text[at++];
    digits = skip_digits(text, at, clean) || digits;
  }
  if (!digits) return std::nullopt;
  if (at < text.size() && text[at] == 'e') {
    clean += text[at++];
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) clean += text[at++];
    if (!skip_digits(text, at, clean)) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return std::strtod(clean.c_str(), nullptr);
}

std::optional<std::string> whole_text(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  const double whole = std::nearbyint(value);
  if (std::abs(value - whole) > 1e-7) return std::nullopt;
  return fmt::format("{:.0f}", whole == 0 ? 0.0 : whole);
}

bool is_close(double a, double b, double tolerance) {
  if (a == b) return true;
  if (!std::isfinite(a) || !std::isfinite(b)) return false;
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

std::optional<std::string> last_box(std::string_view text) {
  std::size_t at = text.rfind("\\boxed");
  if (at == std::string_view::npos) at = text.rfind("\\fbox");
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t open = text.find('{', at);
  int depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return open < i ? std::optional(stripped(text.substr(open + 1, i - open - 1))) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace xrouter::grade::math::compat
