#include "xrouter/base/usd.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "xrouter/base/assert.hpp"

namespace xrouter {
namespace {

__extension__ using Wide = __int128;
constexpr int kDecimals = 12;
constexpr std::int64_t kPicoPerUsd = 1'000'000'000'000;
// Longer texts are not prices; the bound keeps the arithmetic below inside 128 bits.
constexpr std::size_t kMaxSignificantDigits = 30;

struct Decimal {
  bool negative = false;
  std::string digits;  // without leading zeros
  int exponent = 0;    // value = digits * 10^exponent
};

tl::unexpected<Error> not_a_number(std::string_view text) {
  return fail(ErrorKind::config, "'" + std::string(text.substr(0, 64)) + "' is not an amount in US dollars such as 0.25 or 3e-06");
}

Result<Decimal> parse_decimal(std::string_view text) {
  Decimal out;
  std::string_view rest = text;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    out.negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  bool any = false;
  bool point = false;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    char c = rest.front();
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --out.exponent;
      if (c != '0' || !out.digits.empty()) out.digits += c;
    } else {
      break;
    }
  }
  if (!any) return not_a_number(text);
  if (!rest.empty()) {
    if (rest.front() != 'e' && rest.front() != 'E') return not_a_number(text);
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
    int exponent = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc{} || end != rest.data() + rest.size() || std::abs(exponent) > 1000) return not_a_number(text);
    out.exponent += exponent;
  }
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  return out;
}

}  // namespace

Result<Usd> Usd::parse(std::string_view text, bool* rounded) {
  if (rounded) *rounded = false;
  if (text.size() > 64) return not_a_number(text);
  auto decimal = parse_decimal(text);
  if (!decimal) return tl::unexpected(decimal.error());
  if (decimal->digits.empty()) return Usd::zero();

  const auto too_large = [&] { return fail(ErrorKind::config, "'" + std::string(text) + "' is out of range for an amount of money"); };
  if (decimal->digits.size() > kMaxSignificantDigits) return too_large();
  // value in pico = digits * 10^shift
  int shift = decimal->exponent + kDecimals;
  int magnitude = static_cast<int>(decimal->digits.size()) + shift;
  if (magnitude > 19) return too_large();
  Wide value = 0;
  for (char c : decimal->digits) value = value * 10 + (c - '0');
  if (shift >= 0) {
    for (int i = 0; i < shift; ++i) value *= 10;
  } else {
    if (rounded) *rounded = true;
    if (magnitude < 0) return Usd::zero();
    Wide divisor = 1;
    for (int i = 0; i < -shift; ++i) divisor *= 10;
    Wide quotient = value / divisor;
    Wide twice_rest = (value % divisor) * 2;
    bool up = twice_rest > divisor || (twice_rest == divisor && (quotient & 1) != 0);
    value = quotient + (up ? 1 : 0);
  }
  if (value > std::numeric_limits<std::int64_t>::max()) return too_large();
  auto pico = static_cast<std::int64_t>(value);
  return Usd(decimal->negative ? -pico : pico);
}

Result<Usd> parse_cost_limit(std::string_view decimal_usd) {
  bool rounded = false;
  const auto amount = Usd::parse(decimal_usd, &rounded);
  if (!amount) return fail(ErrorKind::invalid_request, "must be a decimal number of US dollars such as \"0.25\"");
  if (*amount < Usd::zero() || decimal_usd.starts_with('-')) return fail(ErrorKind::invalid_request, "must not be negative");
  if (rounded) return fail(ErrorKind::invalid_request, "has more than 12 decimals");
  return *amount;
}

std::optional<Usd> Usd::checked_add(Usd other) const {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(pico_, other.pico_, &sum)) return std::nullopt;
  return Usd(sum);
}

std::optional<Usd> Usd::checked_mul(std::int64_t factor) const {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(pico_, factor, &product)) return std::nullopt;
  return Usd(product);
}

Usd Usd::operator+(Usd other) const {
  auto sum = checked_add(other);
  XROUTER_ASSERT(sum.has_value(), "token counts and prices are bounded, so sums of money fit");
  return *sum;
}

Usd Usd::operator-() const {
  XROUTER_ASSERT(pico_ != std::numeric_limits<std::int64_t>::min(), "no charge is the lowest int64");
  return Usd(-pico_);
}

Usd Usd::operator-(Usd other) const { return *this + (-other); }

std::string Usd::to_decimal() const {
  // Unsigned, so that the lowest int64 prints too.
  auto magnitude = pico_ < 0 ? 0 - static_cast<std::uint64_t>(pico_) : static_cast<std::uint64_t>(pico_);
  std::string fraction = std::to_string(magnitude % kPicoPerUsd);
  fraction.insert(0, static_cast<std::size_t>(kDecimals) - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  std::string text = (pico_ < 0 ? "-" : "") + std::to_string(magnitude / kPicoPerUsd);
  return fraction.empty() ? text : text + "." + fraction;
}

Cost& Cost::operator+=(const Cost& other) {
  known += other.known;
  complete = complete && other.complete;
  estimated = estimated || other.estimated;
  return *this;
}

}  // namespace xrouter
