#include "xrouter/grade/math/compat/hendrycks.hpp"

#include <algorithm>

#include "xrouter/grade/math/compat/text.hpp"

namespace xrouter::grade::math::compat {
namespace {

// \frac12 and \frac1{72} get their braces. An empty piece raises in the original.
std::optional<std::string> with_fraction_braces(const std::string& text) {
  const auto pieces = split(text, "\\frac");
  std::string out = pieces[0];
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::string& piece = pieces[i];
    out += "\\frac";
    if (piece.empty()) return std::nullopt;
    if (piece[0] == '{') {
      out += piece;
      continue;
    }
    if (piece.size() < 2) return text;
    out += "{" + piece.substr(0, 1) + "}";
    out += piece[1] == '{' ? piece.substr(1) : "{" + piece.substr(1, 1) + "}" + piece.substr(2);
  }
  return out;
}

std::optional<std::string> with_root_braces(const std::string& text) {
  const auto pieces = split(text, "\\sqrt");
  std::string out = pieces[0];
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::string& piece = pieces[i];
    if (piece.empty()) return std::nullopt;
    out += piece[0] == '{' ? "\\sqrt" + piece : "\\sqrt{" + piece.substr(0, 1) + "}" + piece.substr(1);
  }
  return out;
}

// What str(int(text)) would give back unchanged.
bool is_plain_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return false;
  return text == "0" ? !negative : text[0] != '0';
}

std::string with_slash_as_fraction(const std::string& text) {
  const auto parts = split(text, "/");
  if (parts.size() != 2 || !is_plain_integer(parts[0]) || !is_plain_integer(parts[1])) return text;
  return "\\frac{" + parts[0] + "}{" + parts[1] + "}";
}

}  // namespace

std::optional<std::string> strip_string(std::string_view raw) {
  std::string text(raw);
  for (const auto& [from, to] : {std::pair{"\n", ""},
                                 {"\\!", ""},
                                 {"\\\\", "\\"},
                                 {"tfrac", "frac"},
                                 {"dfrac", "frac"},
                                 {"\\left", ""},
                                 {"\\right", ""},
                                 {"^{\\circ}", ""},
                                 {"^\\circ", ""},
                                 {"\\$", ""}}) {
    text = replaced(text, from, to);
  }
  if (const auto parts = split(text, "\\text{ "); parts.size() > 1) {
    if (parts.size() != 2) return std::nullopt;
    text = parts[0];
  }
  text = replaced(text, "\\%", "");
  text = replaced(text, " .", " 0.");
  text = replaced(text, "{.", "{0.");
  if (text.empty()) return text;
  if (text[0] == '.') text = "0" + text;
  if (const auto sides = split(text, "="); sides.size() == 2 && sides[0].size() <= 2) text = sides[1];
  const auto rooted = with_root_braces(text);
  if (!rooted) return std::nullopt;
  const auto fractions = with_fraction_braces(replaced(*rooted, " ", ""));
  if (!fractions) return std::nullopt;
  return with_slash_as_fraction(*fractions == "0.5" ? "\\frac{1}{2}" : *fractions);
}

std::string without_text(std::string_view text) {
  constexpr std::string_view kOpen = "\\text{";
  std::string_view body = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
  if (!body.starts_with(kOpen) || !body.ends_with('}') || body.size() < kOpen.size() + 2) return std::string(text);
  body = body.substr(kOpen.size(), body.size() - kOpen.size() - 1);
  return body.find('\n') == std::string_view::npos ? std::string(body) : std::string(text);
}

std::string normalize_answer(std::string_view raw) {
  const std::string whole = stripped(raw);
  const std::string inner = without_text(whole);
  const std::string text = inner == whole ? whole : stripped(inner);
  return strip_string(text).value_or(text);
}

}  // namespace xrouter::grade::math::compat
