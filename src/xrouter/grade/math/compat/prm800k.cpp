#include "xrouter/grade/math/compat/prm800k.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "xrouter/grade/math/compat/hendrycks.hpp"
#include "xrouter/grade/math/compat/latex_text.hpp"
#include "xrouter/grade/math/compat/text.hpp"
#include "xrouter/grade/math/expression.hpp"
#include "xrouter/grade/math/parse.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr std::string_view kTupleCharacters = "()[]";
constexpr std::string_view kUnits[] = {"degree", "cm",    "centimeter", "meter", "mile", "second", "minute", "hour", "day",
                                       "week",   "month", "year",       "foot",  "feet", "inch",   "yard",   "liter"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// re.sub(unit + "(es)?(s)? *(\^[0-9]+)?", "", text): inside words too.
std::string without_unit(const std::string& text, std::string_view unit) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, unit.size(), unit) != 0) {
      out += text[at++];
      continue;
    }
    at += unit.size();
    if (text.compare(at, 2, "es") == 0) at += 2;
    if (at < text.size() && text[at] == 's') ++at;
    while (at < text.size() && text[at] == ' ') ++at;
    if (at + 1 >= text.size() || text[at] != '^' || !is_digit(text[at + 1])) continue;
    ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
  }
  return out;
}

// Removes `first`, the blanks behind it, and `second`, where they follow each other.
std::string without_pair(const std::string& text, std::string_view first, std::string_view second) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    if (text.compare(at, first.size(), first) == 0) {
      end = at + first.size();
      while (end < text.size() && text[end] == ' ') ++end;
      if (text.compare(end, second.size(), second) == 0)
        end += second.size();
      else
        end = at;
    }
    if (end == at)
      out += text[at++];
    else
      at = end;
  }
  return out;
}

std::string without_blanks_after_minus(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && !out.empty() && out.back() == '-') continue;
    out += c;
  }
  return out;
}

// "7 3/4" becomes "7+3/4".
std::string with_mixed_numbers(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (is_digit(text[at]) && end < text.size() && text[end] == ' ') ++end;
    const bool joins = end > at + 1 && end < text.size() && is_digit(text[end]);
    out += text[at];
    if (joins) (out += '+') += text[end];
    at = joins ? end + 1 : at + 1;
  }
  return out;
}

// (\d)(,)(\d\d\d)($|\D) until nothing changes.
std::string without_thousands(std::string text) {
  for (bool changed = true; changed;) {
    changed = false;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto digit = [&](std::size_t i) { return i < text.size() && is_digit(text[i]); };
      const bool match =
          digit(at) && at + 1 < text.size() && text[at + 1] == ',' && digit(at + 2) && digit(at + 3) && digit(at + 4) && !digit(at + 5);
      if (!match) {
        out += text[at++];
        continue;
      }
      changed = true;
      (out += text[at]).append(text, at + 2, 4);
      at += 6;
    }
    text = std::move(out);
  }
  return text;
}

bool is_integer_text(const std::string& text) {
  const auto value = to_float(without_thousands(text));
  return value && whole_text(*value);
}

// "^-?[0-9]+.?/0*[1-9][0-9]*.?$"
bool is_fraction(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto digits_and_one = [](std::string_view part) {
    const std::size_t digits = static_cast<std::size_t>(std::ranges::find_if_not(part, is_digit) - part.begin());
    return digits > 0 && digits + 1 >= part.size() ? digits : 0;
  };
  const std::string_view below = text.substr(slash + 1);
  const std::size_t digits = digits_and_one(below);
  return digits_and_one(text.substr(0, slash)) > 0 && digits > 0 &&
         below.substr(0, digits).find_first_not_of('0') != std::string_view::npos;
}

std::vector<std::string> tuple_items(const std::string& raw) {
  const std::string text = without_thousands(raw);
  if (text.empty()) return {};
  const bool enclosed = text.size() > 2 && kTupleCharacters.find(text.front()) != std::string_view::npos &&
                        kTupleCharacters.find(text.back()) != std::string_view::npos &&
                        std::string_view(text).substr(1, text.size() - 2).find_first_of(kTupleCharacters) == std::string_view::npos;
  if (!enclosed) return {text};
  std::vector<std::string> items;
  for (const std::string& item : split(std::string_view(text).substr(1, text.size() - 2), ",")) items.push_back(stripped(item));
  return items;
}

std::size_t distinct_letters(std::string_view text) {
  const std::string rest = replaced(replaced(text, "sqrt", ""), "frac", "");
  std::set<utf8proc_int32_t> letters;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(rest.data());
  for (std::size_t at = 0; at < rest.size();) {
    utf8proc_int32_t point = 0;
    const auto width = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(rest.size() - at), &point);
    if (width <= 0) {
      ++at;
      continue;
    }
    const auto category = utf8proc_category(point);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) letters.insert(point);
    at += static_cast<std::size_t>(width);
  }
  return letters.size();
}

// No "^{", "^(", "^12" and "^1^".
bool has_plain_powers(std::string_view text) {
  for (std::size_t at = text.find('^'); at != std::string_view::npos; at = text.find('^', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == '{' || next == '(') return false;
    const char after = at + 2 < text.size() ? text[at + 2] : '\0';
    if (is_digit(next) && (is_digit(after) || after == '^')) return false;
  }
  return true;
}

// "c." is no Python expression.
bool has_stray_point(std::string_view text) {
  for (std::size_t at = text.find('.'); at != std::string_view::npos; at = text.find('.', at + 1)) {
    const bool after_digit = at > 0 && is_digit(text[at - 1]);
    const bool before_digit = at + 1 < text.size() && is_digit(text[at + 1]);
    if (!after_digit && !before_digit) return true;
  }
  return false;
}

// sympy computes in floating point as soon as a decimal point is there; a root stays a root, so that a
// decimal never meets it.
std::optional<double> as_double(const Node& node) {
  std::vector<double> kids;
  for (const Node& kid : node.kids) {
    const auto value = as_double(kid);
    if (!value) return std::nullopt;
    kids.push_back(*value);
  }
  double total = 0;
  switch (node.kind) {
    case Kind::number:
      return to_float(node.text);
    case Kind::negation:
      return -kids[0];
    case Kind::quotient:
      return kids[0] / kids[1];
    case Kind::power:
      return std::pow(kids[0], kids[1]);
    case Kind::sum:
      for (const double kid : kids) total += kid;
      return total;
    case Kind::product:
      total = 1;
      for (const double kid : kids) total *= kid;
      return total;
    default:
      return std::nullopt;
  }
}

bool has_root(const Node& node) { return node.kind == Kind::function || std::ranges::any_of(node.kids, has_root); }

}  // namespace

std::string normalize(std::string_view raw) {
  std::string text = without_text(raw);
  for (const auto& [from, to] : {std::pair{"\\%", "%"},
                                 {"\\$", "$"},
                                 {"$", ""},
                                 {"%", ""},
                                 {" or ", " , "},
                                 {" and ", " , "},
                                 {"million", "*10^6"},
                                 {"billion", "*10^9"},
                                 {"trillion", "*10^12"}}) {
    text = replaced(text, from, to);
  }
  for (const std::string_view unit : kUnits) text = without_unit(text, unit);
  text = without_pair(text, "^", "\\circ");
  if (!text.empty() && text.front() == '{' && text.back() == '}') text = text.size() < 2 ? "" : text.substr(1, text.size() - 2);
  text = without_pair(text, ",\\!", "");
  if (const auto value = to_float(text)) text = whole_text(*value).value_or(text);
  if (text.find('\\') != std::string::npos) {
    std::string latex = replaced(replaced(replaced(text, "\\tfrac", "\\frac"), "\\dfrac", "\\frac"), "\\frac", " \\frac");
    if (auto plain = latex_to_text(latex)) {
      for (const auto& [from, to] : {std::pair{"√", "sqrt"}, {"π", "pi"}, {"∞", "inf"}, {"∪", "U"}, {"·", "*"}, {"×", "*"}})
        *plain = replaced(*plain, from, to);
      text = stripped(*plain);
    }
  }
  text = lower(with_mixed_numbers(without_blanks_after_minus(text)));
  if (!is_integer_text(text)) return text;
  // Truncated, as int() does.
  return whole_text(std::trunc(to_float(replaced(text, ",", "")).value_or(0))).value_or(text);
}

bool is_zero_difference(std::string_view key, std::string_view given) {
  const std::string both = "(" + std::string(key) + ")-(" + std::string(given) + ")";
  if (distinct_letters(both) > 2 || !has_plain_powers(both)) return false;
  // What is no Python expression, or one whose difference is no number, raises in the original.
  if (both.find_first_of("=<>,\\{}[]|%$:;'\"#@&?~") != std::string::npos || has_stray_point(both)) return false;
  const auto left = parse(key, Commas::separators);
  const auto right = parse(given, Commas::separators);
  if (!left || !right) return false;
  if (both.find('.') != std::string::npos) {
    const auto a = as_double(*left);
    const auto b = as_double(*right);
    if (a && b) return *a - *b == 0;
    if (has_root(*left) || has_root(*right)) return false;
  }
  const bool closed = is_closed(*left) && is_closed(*right);
  return (closed ? compare_closed(*left, *right) : compare_expressions(*left, *right).verdict) == Verdict::equal;
}

bool grade_answer(std::string_view given, std::string_view key) {
  if (normalize_answer(key) == normalize_answer(given)) return true;
  const std::string key_text = normalize(key);
  const std::string given_text = normalize(given);
  if (key_text == given_text) return true;
  if (given_text.empty()) return false;
  const auto key_items = tuple_items(key_text);
  const auto given_items = tuple_items(given_text);
  if (key_items.size() > 1 && (key_text.front() != given_text.front() || key_text.back() != given_text.back())) return false;
  if (key_items.size() != given_items.size() || key_items.empty()) return false;
  for (std::size_t i = 0; i < key_items.size(); ++i) {
    const std::string& a = key_items[i];
    const std::string& b = given_items[i];
    if (is_fraction(a) && is_fraction(b)) {
      if (a != b) return false;
    } else if (is_integer_text(a) != is_integer_text(b) || !is_zero_difference(a, b)) {
      return false;
    }
  }
  return true;
}

}  // namespace xrouter::grade::math::compat
