#include "xrouter/grade/structured/quantity.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxBytes = 128;
constexpr std::string_view kCurrencies[] = {"\\$", "$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"};

bool take_front(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text = extract::trimmed(text.substr(mark.size()));
  return true;
}

bool take_back(std::string_view& text, std::string_view mark) {
  if (!text.ends_with(mark)) return false;
  text = extract::trimmed(text.substr(0, text.size() - mark.size()));
  return true;
}

bool take_currency(std::string_view& text) {
  return std::ranges::any_of(kCurrencies, [&](std::string_view mark) { return take_front(text, mark) || take_back(text, mark); });
}

// "20{,}000" is how LaTeX writes 20,000.
std::string without_latex_commas(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool mark = text.substr(at).starts_with("{,}");
    out += mark ? ',' : text[at];
    at += mark ? 3 : 1;
  }
  return out;
}

// The whole part without its commas; nullopt when they do not part groups of three.
std::optional<std::string> ungrouped(std::string_view whole) {
  std::string digits;
  std::size_t group = 0;
  bool grouped = false;
  for (const char c : whole) {
    if (c == ',') {
      if (grouped ? group != 3 : group == 0 || group > 3) return std::nullopt;
      grouped = true;
      group = 0;
    } else if (extract::is_digit(c)) {
      digits += c;
      ++group;
    } else {
      return std::nullopt;
    }
  }
  if (grouped && group != 3) return std::nullopt;
  return digits;
}

struct Signs {
  bool negative = false;
  bool percent = false;
};

// One sign, one pair of brackets (alone it is a minus), currency and percent, in whatever order a table writes them.
Signs take_signs(std::string_view& text) {
  Signs signs;
  bool has_sign = false, has_brackets = false;
  for (std::size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    if (!has_brackets && text.size() > 2 && text.front() == '(' && text.back() == ')') {
      text = extract::trimmed(text.substr(1, text.size() - 2));
      has_brackets = true;
    }
    if (!has_sign) {
      signs.negative = take_front(text, "-") || take_front(text, "\xE2\x88\x92");
      has_sign = signs.negative || take_front(text, "+");
    }
    signs.percent = take_back(text, "\\%") || take_back(text, "%") || signs.percent;
    take_currency(text);
  }
  signs.negative = signs.negative || (has_brackets && !has_sign);
  return signs;
}

bool is_exponent(std::string_view text) {
  if (text.empty()) return true;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, extract::is_digit);
}

int count_significant(std::string_view digits) {
  const std::size_t first = digits.find_first_of("123456789");
  return first == std::string_view::npos ? 0 : static_cast<int>(std::ranges::count_if(digits.substr(first), extract::is_digit));
}

Number hundredth(const Number& number) {
  Number out = number;
  const std::size_t e = out.text.find('e');
  const int exponent = e == std::string::npos ? 0 : std::atoi(out.text.c_str() + e + 1);
  out.text = out.text.substr(0, e) + "e" + std::to_string(exponent - 2);
  return out;
}

// Within half a unit of the last of `decimals` digits; the slack is for the halves themselves.
bool within_half_unit(double difference, int decimals) { return difference <= 0.5 * std::pow(10.0, -decimals) * (1 + 1e-9); }

bool same_number(const Quantity& answer, const Number& answer_number, int answer_shift, const Quantity& key, const Number& key_number, int key_shift, int digits) {
  const auto x = decimal_of(answer_number);
  const auto y = decimal_of(key_number);
  if (!x || !y) return false;
  if (*x == *y) return true;
  const bool integer_key = key.decimals == 0;
  if (integer_key) return false;
  const double difference = std::abs(answer_number.to_double() - key_number.to_double());
  if (!std::isfinite(difference)) return false;
  if (within_half_unit(difference, key.decimals + key_shift)) return true;
  return answer.significant >= digits && answer.decimals > 0 && within_half_unit(difference, answer.decimals + answer_shift);
}

}  // namespace

std::optional<Quantity> quantity_of(std::string_view cell) {
  cell = extract::trimmed(cell);
  if (cell.size() > kMaxBytes) return std::nullopt;
  const std::string plain = without_latex_commas(cell);
  std::string_view text = plain;
  const Signs signs = take_signs(text);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  const auto whole = ungrouped(mantissa.substr(0, dot));
  const std::string_view fraction = mantissa.substr(std::min(dot + 1, mantissa.size()));
  const bool has_digits = whole && whole->size() + fraction.size() > 0 && std::ranges::all_of(fraction, extract::is_digit);
  if (!has_digits || !is_exponent(text.substr(e))) return std::nullopt;
  const std::string digits = (whole->empty() ? "0" : *whole) + (fraction.empty() ? "" : "." + std::string(fraction));
  std::string exponent(text.substr(e));
  if (!exponent.empty()) exponent[0] = 'e';
  return Quantity{.number = {(signs.negative ? "-" : "") + digits + exponent},
                  .percent = signs.percent,
                  // 1e3 claims no digit behind the point, and 1.5e-3 more than it shows: exact is safe.
                  .decimals = exponent.empty() ? static_cast<int>(fraction.size()) : 0,
                  .significant = count_significant(digits)};
}

bool same_quantity(const Quantity& answer, const Quantity& key, int significant_digits) {
  if (same_number(answer, answer.number, 0, key, key.number, 0, significant_digits)) return true;
  if (answer.percent == key.percent) return false;
  // A hundredth has two more digits behind the point.
  const Number answer_number = answer.percent ? hundredth(answer.number) : answer.number;
  const Number key_number = key.percent ? hundredth(key.number) : key.number;
  return same_number(answer, answer_number, answer.percent ? 2 : 0, key, key_number, key.percent ? 2 : 0, significant_digits);
}

}  // namespace xrouter::grade::structured
