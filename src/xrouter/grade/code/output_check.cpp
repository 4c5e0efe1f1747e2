#include "xrouter/grade/code/output_check.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::code {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::string_view kWhite = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text, std::string_view what) {
  const auto first = text.find_first_not_of(what);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(what) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find_first_of(at);
    if (end == text.npos) break;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(trimmed(text, kWhite), "\n");
  for (std::string_view& line : lines) line = trimmed(line, kBlanks);
  return lines;
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens = split(text, kWhite);
  std::erase(tokens, std::string_view{});
  return tokens;
}

// [+-] digits [. digits] [e [+-] digits], as a quantity of any length.
std::optional<Decimal> decimal(std::string_view token) {
  if (token.starts_with('+')) token.remove_prefix(1);
  std::size_t digits = 0;
  std::size_t dots = 0;
  std::size_t at = token.starts_with('-') ? 1 : 0;
  for (; at < token.size() && (std::isdigit(static_cast<unsigned char>(token[at])) || token[at] == '.'); ++at) {
    (token[at] == '.' ? dots : digits) += 1;
  }
  if (digits == 0 || dots > 1) return std::nullopt;
  if (at < token.size()) {
    if (token[at] != 'e' && token[at] != 'E') return std::nullopt;
    std::string_view exponent = token.substr(at + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (exponent.empty() || !std::ranges::all_of(exponent, [](unsigned char c) { return std::isdigit(c); })) return std::nullopt;
  }
  return decimal_of(Number{std::string(token)});
}

bool is_integer(std::string_view token) {
  if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
  return !token.empty() && std::ranges::all_of(token, [](unsigned char c) { return std::isdigit(c); });
}

std::optional<double> to_double(std::string_view token) {
  if (token.starts_with('+')) token.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return value;
}

bool is_close(double a, double b, const Tolerance& tolerance) {
  if (!std::isfinite(a) || !std::isfinite(b)) return a == b;
  return std::abs(a - b) <= std::max(tolerance.absolute, tolerance.relative * std::abs(b));
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_yes_or_no(std::string_view token) { return same_word(token, "yes") || same_word(token, "no"); }

bool equal_as_decimals(std::string_view printed, std::string_view key) {
  if (printed == key) return true;
  const auto a = decimal(printed);
  const auto b = decimal(key);
  return a && b && *a == *b;
}

bool equal_within(std::string_view printed, std::string_view key, const Tolerance& tolerance) {
  if (equal_as_decimals(printed, key)) return true;
  if (is_yes_or_no(key)) return same_word(printed, key);
  // An integer key stays exact, however large.
  if (is_integer(key)) return false;
  const auto a = to_double(printed);
  const auto b = to_double(key);
  return a && b && is_close(*a, *b, tolerance);
}

bool equal_as_seed(std::string_view printed, std::string_view key) {
  if (printed == key || (is_yes_or_no(key) && same_word(printed, key))) return true;
  const auto a = to_double(printed);
  const auto b = to_double(key);
  return a && b && std::abs(*a - *b) <= 1e-6;
}

template <class Equal>
bool same_lines(std::string_view printed, std::string_view key, const Equal& equal) {
  const auto same_line = [&](std::string_view a, std::string_view b) {
    return a == b || std::ranges::equal(tokens_of(a), tokens_of(b), equal);
  };
  return std::ranges::equal(lines_of(printed), lines_of(key), same_line);
}

// Sorted by their tokens, so that the order of lines does not matter and everything else does.
bool same_unordered(std::string_view printed, std::string_view key) {
  const auto sorted = [](std::string_view text) {
    std::vector<std::vector<std::string_view>> lines;
    for (const std::string_view line : lines_of(text)) lines.push_back(tokens_of(line));
    std::ranges::sort(lines);
    return lines;
  };
  return sorted(printed) == sorted(key);
}

}  // namespace

bool output_matches(std::string_view printed, std::string_view key, Checker checker, const Tolerance& tolerance) {
  switch (checker) {
    case Checker::exact: {
      const auto cut = [](std::string_view text) { return text.substr(0, text.find_last_not_of("\r\n") + 1); };
      return cut(printed) == cut(key);
    }
    case Checker::decimal_tokens:
      return same_lines(printed, key, equal_as_decimals);
    case Checker::tolerant_tokens:
      return same_lines(printed, key, [&](std::string_view a, std::string_view b) { return equal_within(a, b, tolerance); });
    case Checker::unordered_lines:
      return same_unordered(printed, key);
    case Checker::floats:
      return std::ranges::equal(tokens_of(printed), tokens_of(key), [&](std::string_view a, std::string_view b) {
        const auto x = to_double(a);
        const auto y = to_double(b);
        return x && y && is_close(*x, *y, tolerance);
      });
  }
  return false;
}

bool output_matches_as_seed(std::string_view printed, std::string_view key) { return same_lines(printed, key, equal_as_seed); }

}  // namespace xrouter::grade::code
