#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "xrouter/grade/value/python_scalars.hpp"

namespace xrouter::grade {
namespace {

constexpr std::size_t kMaxBits = 1024;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Digits with single underscores between them, without the underscores; empty when there are none or
// an underscore stands at an end or beside another.
std::string take_digits(std::string_view text, std::size_t& at, int base) {
  std::string digits;
  bool underscore = false;
  std::size_t i = at;
  for (; i < text.size(); ++i) {
    if (text[i] == '_' && !underscore && !digits.empty()) {
      underscore = true;
    } else if (digit_of(text[i]) < base) {
      digits += text[i];
      underscore = false;
    } else {
      break;
    }
  }
  if (underscore) return {};
  if (!digits.empty()) at = i;
  return digits;
}

// Schoolbook conversion in limbs of nine decimal digits; the bound on bits keeps it short.
std::string to_decimal(std::string_view digits, int base) {
  constexpr std::uint64_t kLimb = 1'000'000'000;
  std::vector<std::uint32_t> limbs = {0};
  for (const char c : digits) {
    std::uint64_t carry = static_cast<std::uint64_t>(digit_of(c));
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * static_cast<std::uint64_t>(base);
      limb = static_cast<std::uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  std::string out = fmt::format("{}", limbs.back());
  for (auto limb = limbs.rbegin() + 1; limb != limbs.rend(); ++limb) out += fmt::format("{:09}", *limb);
  return out;
}

std::optional<std::string> take_prefixed(std::string_view text, std::size_t& at) {
  const char kind = text[at + 1];
  const int base = kind == 'x' || kind == 'X' ? 16 : kind == 'o' || kind == 'O' ? 8 : 2;
  const std::size_t bits = base == 16 ? 4 : base == 8 ? 3 : 1;
  at += 2;
  if (at < text.size() && text[at] == '_') ++at;
  std::string digits = take_digits(text, at, base);
  if (digits.empty()) return std::nullopt;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits.size() * bits > kMaxBits) return std::nullopt;
  return to_decimal(digits, base);
}

// "e+5" or nothing; nullopt for an exponent without digits.
std::optional<std::string> take_exponent(std::string_view text, std::size_t& at) {
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return "";
  ++at;
  std::string out = "e";
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) out += text[at++];
  const std::string digits = take_digits(text, at, 10);
  if (digits.empty()) return std::nullopt;
  return out + digits;
}

std::optional<std::string> take_decimal(std::string_view text, std::size_t& at) {
  std::string whole = take_digits(text, at, 10);
  const bool dotted = at < text.size() && text[at] == '.';
  std::string fraction;
  if (dotted) {
    ++at;
    fraction = take_digits(text, at, 10);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const auto exponent = take_exponent(text, at);
  if (!exponent) return std::nullopt;
  const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
  const bool is_float = dotted || !exponent->empty();
  if (!is_float && zeros > 0 && zeros < whole.size()) return std::nullopt;  // 007 is an error in Python
  whole.erase(0, zeros);
  if (whole.empty()) whole = "0";
  if (!dotted) return whole + *exponent;
  return whole + "." + (fraction.empty() ? "0" : fraction) + *exponent;
}

}  // namespace

std::optional<Number> read_python_number(std::string_view text, std::size_t& at) {
  std::size_t i = at;
  const bool negative = i < text.size() && text[i] == '-';
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
  const bool prefixed = i + 1 < text.size() && text[i] == '0' && std::string_view("xXoObB").find(text[i + 1]) != std::string_view::npos;
  std::optional<std::string> digits = prefixed ? take_prefixed(text, i) : take_decimal(text, i);
  // 1j and 1abc are not numbers, nor is 1_.
  if (!digits || (i < text.size() && (python_word(text.substr(i)).size() > 0 || text[i] == '.'))) return std::nullopt;
  at = i;
  return Number{(negative && *digits != "0" ? "-" : "") + *digits};
}

}  // namespace xrouter::grade
