#include "xrouter/grade/math/exact.hpp"

#include <flint/arith.h>
#include <flint/fmpz.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "xrouter/grade/math/limits.hpp"

namespace xrouter::grade::math {
namespace {

using Value = tl::expected<Rational, Fault>;

tl::unexpected<Fault> fault(Fault why) { return tl::unexpected(why); }

Value bounded(Rational value) {
  if (value.bits() > kMaxBits) return fault(Fault::too_big);
  return value;
}

Value sum_of(const std::vector<Node>& kids) {
  Rational total;
  for (const Node& kid : kids) {
    Value term = rational_value(kid);
    if (!term) return term;
    fmpq_add(total.get(), total.get(), term->get());
    if (total.bits() > kMaxBits) return fault(Fault::too_big);
  }
  return total;
}

Value product_of(const std::vector<Node>& kids) {
  Rational total(1);
  for (const Node& kid : kids) {
    Value factor = rational_value(kid);
    if (!factor) return factor;
    if (total.bits() + factor->bits() > kMaxBits) return fault(Fault::too_big);
    fmpq_mul(total.get(), total.get(), factor->get());
  }
  return total;
}

Value quotient_of(const Node& above, const Node& below) {
  Value numerator = rational_value(above);
  if (!numerator) return numerator;
  Value denominator = rational_value(below);
  if (!denominator) return denominator;
  if (denominator->is_zero()) return fault(Fault::undefined);
  if (numerator->bits() + denominator->bits() > kMaxBits) return fault(Fault::too_big);
  fmpq_div(numerator->get(), numerator->get(), denominator->get());
  return numerator;
}

// The exact k-th root of a rational that has one.
Value root_of(const Rational& value, long index) {
  if (index < 1 || index > kMaxBits || (value.sign() < 0 && index % 2 == 0)) return fault(Fault::other_kind);
  Rational root;
  const bool exact = fmpz_root(root.numerator(), value.numerator(), index) && fmpz_root(root.denominator(), value.denominator(), index);
  if (!exact) return fault(Fault::other_kind);
  return root;
}

Value power_of(const Rational& base, const Rational& exponent) {
  if (exponent.is_integer() && !exponent.fits_long()) {
    const bool trivial = base.is_integer() && base.fits_long() && std::abs(base.to_long()) <= 1;
    return fault(trivial ? Fault::other_kind : Fault::too_big);
  }
  if (exponent.is_integer()) {
    const long n = exponent.to_long();
    if (base.is_zero()) return n > 0 ? Value(Rational(0)) : fault(Fault::undefined);
    const bool unit = base.is_integer() && base.fits_long() && std::abs(base.to_long()) == 1;
    if (unit) return Rational(n % 2 == 0 ? 1 : base.to_long());
    if (n > kMaxBits || n < -kMaxBits || base.bits() * std::abs(n) > 2 * kMaxBits) return fault(Fault::too_big);
    Rational power;
    fmpq_pow_si(power.get(), base.get(), n);
    return bounded(std::move(power));
  }
  // (p/q): only of values with an exact root. The principal value of a negative base is not rational.
  if (base.sign() < 0 || !fmpz_fits_si(exponent.denominator())) return fault(Fault::other_kind);
  Value root = root_of(base, fmpz_get_si(exponent.denominator()));
  if (!root) return root;
  Rational numerator;
  fmpz_set(numerator.numerator(), exponent.numerator());
  return power_of(*root, numerator);
}

Value power_value(const Node& node) {
  Value base = rational_value(node.kids[0]);
  if (!base) return base;
  Value exponent = rational_value(node.kids[1]);
  if (!exponent) return exponent;
  return power_of(*base, *exponent);
}

Value factorial_of(const Rational& value) {
  if (!value.is_integer() || value.sign() < 0) return fault(Fault::other_kind);
  if (!value.fits_long() || value.to_long() > kMaxFactorial) return fault(Fault::too_big);
  Rational product;
  fmpz_fac_ui(product.numerator(), static_cast<ulong>(value.to_long()));
  return product;
}

Value binomial_of(const Rational& n, const Rational& k) {
  if (!n.fits_long() || !k.fits_long() || n.sign() < 0 || k.sign() < 0) return fault(Fault::other_kind);
  if (k.to_long() > n.to_long()) return Rational(0);
  const long smaller = std::min(k.to_long(), n.to_long() - k.to_long());
  if (smaller > kMaxFactorial || n.to_long() > (1L << 30)) return fault(Fault::too_big);
  Rational value;
  fmpz_bin_uiui(value.numerator(), static_cast<ulong>(n.to_long()), static_cast<ulong>(smaller));
  return bounded(std::move(value));
}

Value extreme_of(const std::vector<Node>& kids, bool greatest) {
  std::optional<Rational> best;
  for (const Node& kid : kids) {
    Value value = rational_value(kid);
    if (!value) return value;
    if (!best || (fmpq_cmp(value->get(), best->get()) > 0) == greatest) best = std::move(*value);
  }
  if (!best) return fault(Fault::other_kind);
  return std::move(*best);
}

Value common_of(const std::vector<Node>& kids, bool divisor) {
  Rational total(divisor ? 0 : 1);
  for (const Node& kid : kids) {
    Value value = rational_value(kid);
    if (!value) return value;
    if (!value->is_integer()) return fault(Fault::other_kind);
    (divisor ? fmpz_gcd : fmpz_lcm)(total.numerator(), total.numerator(), value->numerator());
    if (total.bits() > kMaxBits) return fault(Fault::too_big);
  }
  return total;
}

Value function_value(const Node& node) {
  if (node.text == "max" || node.text == "min") return extreme_of(node.kids, node.text == "max");
  if (node.text == "gcd" || node.text == "lcm") return common_of(node.kids, node.text == "gcd");
  if (node.kids.empty()) return fault(Fault::other_kind);
  Value value = rational_value(node.kids[0]);
  if (!value) return value;
  if (node.text == "sqrt") return root_of(*value, 2);
  if (node.text == "cbrt") return value->sign() < 0 ? Value(fault(Fault::other_kind)) : root_of(*value, 3);
  if (node.text == "factorial") return factorial_of(*value);
  if (node.text == "abs") {
    fmpq_abs(value->get(), value->get());
    return value;
  }
  if (node.text == "floor" || node.text == "ceil") {
    Rational whole;
    (node.text == "floor" ? fmpz_fdiv_q : fmpz_cdiv_q)(whole.numerator(), value->numerator(), value->denominator());
    return whole;
  }
  if (node.kids.size() < 2) return fault(Fault::other_kind);
  Value second = rational_value(node.kids[1]);
  if (!second) return second;
  if (node.text == "binom") return binomial_of(*value, *second);
  if (node.text == "root" && second->fits_long() && value->sign() >= 0) return root_of(*value, second->to_long());
  return fault(Fault::other_kind);
}

// 204 in base 5 is 54.
Value based_value(const Node& node) {
  Value base = rational_value(node.kids[0]);
  if (!base) return base;
  if (!base->fits_long() || base->to_long() < 2 || base->to_long() > 36) return fault(Fault::other_kind);
  Rational value;
  for (const char digit : node.text) {
    if (digit - '0' >= base->to_long()) return fault(Fault::undefined);
    fmpz_mul_si(value.numerator(), value.numerator(), base->to_long());
    fmpz_add_si(value.numerator(), value.numerator(), digit - '0');
  }
  return bounded(std::move(value));
}

Value integer_value(const std::string& digits) {
  Rational value;
  if (fmpz_set_str(value.numerator(), digits.empty() ? "0" : digits.c_str(), 10) != 0) return fault(Fault::other_kind);
  return value;
}

struct Written {
  std::string_view whole, decimals, repeating;
  long exponent = 0;
};

tl::expected<Written, Fault> take_apart(std::string_view text) {
  Written parts;
  if (const std::size_t e = text.find('e'); e != std::string_view::npos) {
    const std::string_view digits = text.substr(e + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parts.exponent);
    if (error != std::errc{} || std::abs(parts.exponent) > kMaxDecimalExponent) return fault(Fault::too_big);
    text = text.substr(0, e);
  }
  if (const std::size_t open = text.find('('); open != std::string_view::npos) {
    parts.repeating = text.substr(open + 1, text.size() - open - 2);
    text = text.substr(0, open);
  }
  const std::size_t dot = text.find('.');
  parts.whole = text.substr(0, dot);
  if (dot != std::string_view::npos) parts.decimals = text.substr(dot + 1);
  return parts;
}

}  // namespace

Rational power_of_ten(long exponent) {
  Rational power(10);
  fmpq_pow_si(power.get(), power.get(), exponent);
  return power;
}

Value decimal_value(std::string_view text) {
  const auto parts = take_apart(text);
  if (!parts) return fault(parts.error());
  Value value = integer_value(std::string(parts->whole) + std::string(parts->decimals));
  if (!value) return value;
  const long shift = static_cast<long>(parts->decimals.size());
  if (!parts->repeating.empty()) {
    // 0.a(b) = (ab - a) / (10^|b| - 1) / 10^|a|
    const long period = static_cast<long>(parts->repeating.size());
    Value all = integer_value(std::string(parts->whole) + std::string(parts->decimals) + std::string(parts->repeating));
    Rational nines = power_of_ten(period);
    fmpq_sub_si(nines.get(), nines.get(), 1);
    fmpq_sub(value->get(), all->get(), value->get());
    fmpq_div(value->get(), value->get(), nines.get());
  }
  fmpq_mul(value->get(), value->get(), power_of_ten(parts->exponent - shift).get());
  return value;
}

std::optional<Precision> written_precision(std::string_view number) {
  const auto parts = take_apart(number);
  if (!parts || !parts->repeating.empty() || (parts->decimals.empty() && parts->exponent == 0)) return std::nullopt;
  std::string digits = std::string(parts->whole) + std::string(parts->decimals);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  Precision precision{.half_unit = power_of_ten(parts->exponent - static_cast<long>(parts->decimals.size())),
                      .significant_digits = static_cast<int>(digits.size())};
  fmpq_div_2exp(precision.half_unit.get(), precision.half_unit.get(), 1);
  return precision;
}

Value rational_value(const Node& node) {
  switch (node.kind) {
    case Kind::number:
      return decimal_value(node.text);
    case Kind::based:
      return based_value(node);
    case Kind::sum:
      return sum_of(node.kids);
    case Kind::product:
      return product_of(node.kids);
    case Kind::quotient:
      return quotient_of(node.kids[0], node.kids[1]);
    case Kind::power:
      return power_value(node);
    case Kind::function:
      return function_value(node);
    case Kind::negation: {
      Value value = rational_value(node.kids[0]);
      if (value) fmpq_neg(value->get(), value->get());
      return value;
    }
    case Kind::percent: {
      Value value = rational_value(node.kids[0]);
      if (value) fmpq_div(value->get(), value->get(), Rational(100).get());
      return value;
    }
    default:
      return fault(Fault::other_kind);
  }
}

}  // namespace xrouter::grade::math
