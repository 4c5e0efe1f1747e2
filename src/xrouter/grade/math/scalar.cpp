#include "xrouter/grade/math/scalar.hpp"

#include <algorithm>

#include "xrouter/grade/math/ball.hpp"
#include "xrouter/grade/math/expression.hpp"
#include "xrouter/grade/math/units.hpp"

namespace xrouter::grade::math {
namespace {

struct Measured {
  const Node* value;
  bool percent = false;
  std::string unit = {};
};

Measured stripped(const Node& node) {
  Measured measured{.value = &node};
  for (bool again = true; again;) {
    again = true;
    if (measured.value->kind == Kind::unit)
      measured.unit = measured.value->text;
    else if (measured.value->kind == Kind::percent)
      measured.percent = true;
    else if (measured.value->kind != Kind::degree)
      again = false;
    if (again) measured.value = &measured.value->kids[0];
  }
  return measured;
}

// 48g and 55 m/s: letters that are units behind a number, where the key has no variables.
const Node& without_letter_unit(const Node& node) {
  const bool speed = node.kind == Kind::quotient && is_symbol(node.kids[1], "s");
  const Node& product = speed ? node.kids[0] : node;
  const bool measured = product.kind == Kind::product && product.kids.size() == 2 && product.kids[0].kind == Kind::number &&
                        is_symbol(product.kids[1], speed ? "m" : "g");
  return measured ? product.kids[0] : node;
}

// A value that was written as a decimal, so that its last digit says how exact it is.
struct Decimal {
  Rational value;
  Precision precision;
};

std::optional<Decimal> decimal_of(const Node& node) {
  if (node.kind == Kind::number) {
    auto precision = written_precision(node.text);
    auto value = decimal_value(node.text);
    if (!precision || !value) return std::nullopt;
    return Decimal{.value = std::move(*value), .precision = std::move(*precision)};
  }
  if (node.kind == Kind::negation) {
    auto decimal = decimal_of(node.kids[0]);
    if (decimal) fmpq_neg(decimal->value.get(), decimal->value.get());
    return decimal;
  }
  // 6.02 \times 10^{23}
  const bool scientific =
      node.kind == Kind::product && node.kids.size() == 2 && node.kids[1].kind == Kind::power && node.kids[1].kids[0].text == "10";
  auto decimal = scientific ? decimal_of(node.kids[0]) : std::nullopt;
  const auto power = decimal ? rational_value(node.kids[1]) : tl::unexpected(Fault::other_kind);
  if (!power) return std::nullopt;
  fmpq_mul(decimal->value.get(), decimal->value.get(), power->get());
  fmpq_mul(decimal->precision.half_unit.get(), decimal->precision.half_unit.get(), power->get());
  return decimal;
}

// |exact - decimal| <= margin, surely.
bool is_within(const Node& exact, const Rational& decimal, const Rational& margin) {
  if (const auto value = rational_value(exact)) {
    Rational distance;
    fmpq_sub(distance.get(), value->get(), decimal.get());
    fmpq_abs(distance.get(), distance.get());
    return fmpq_cmp(distance.get(), margin.get()) <= 0;
  }
  constexpr long kBits = 512;
  auto ball = ball_value(exact, {}, kBits);
  if (!ball) return false;
  Ball other;
  acb_set_fmpq(other.get(), decimal.get(), kBits);
  acb_sub(ball->get(), ball->get(), other.get(), kBits);
  arb_t distance, bound;
  arb_init(distance);
  arb_init(bound);
  acb_abs(distance, ball->get(), kBits);
  arb_set_fmpq(bound, margin.get(), kBits);
  const bool within = arb_le(distance, bound) != 0;
  arb_clear(distance);
  arb_clear(bound);
  return within;
}

Rational of_double(double value) {
  arf_t exact;
  arf_init(exact);
  arf_set_d(exact, value);
  Rational rational;
  arf_get_fmpq(rational.get(), exact);
  arf_clear(exact);
  return rational;
}

bool is_within_stated(const Rational& gold, const Node& answer, const Dialect& dialect) {
  if (dialect.abs_tol && is_within(answer, gold, of_double(*dialect.abs_tol))) return true;
  if (!dialect.rel_tol) return false;
  Rational margin = of_double(*dialect.rel_tol);
  fmpq_mul(margin.get(), margin.get(), gold.get());
  fmpq_abs(margin.get(), margin.get());
  return is_within(answer, gold, margin);
}

// The tolerances that a value may be met with when it is not equal. `value` is never a whole number.
bool is_close(const Node& gold, const std::optional<Decimal>& gold_decimal, const Node& answer, const Dialect& dialect) {
  const auto answer_decimal = decimal_of(answer);
  if (const auto value = rational_value(gold); value && is_within_stated(*value, answer, dialect)) return true;
  if (gold_decimal && !answer_decimal) return is_within(answer, gold_decimal->value, gold_decimal->precision.half_unit);
  if (gold_decimal || !answer_decimal) return false;
  return answer_decimal->precision.significant_digits >= dialect.significant_digits &&
         is_within(gold, answer_decimal->value, answer_decimal->precision.half_unit);
}

ScalarVerdict compare_values(const Node& gold, const Node& answer, const Dialect& dialect) {
  if (canonical(gold) == canonical(answer)) return {.verdict = Verdict::equal, .reason = "the same expression"};
  if (!is_closed(gold) || !is_closed(answer)) {
    const ExpressionVerdict compared = compare_expressions(gold, answer);
    return {.verdict = compared.verdict, .reason = compared.probable ? "probable: equal at fixed points" : "as expressions"};
  }
  const Verdict exact = compare_closed(gold, answer);
  if (exact != Verdict::different) return {.verdict = exact, .reason = exact == Verdict::equal ? "exactly equal" : "not decided"};
  const auto whole = rational_value(gold);
  if (whole && whole->is_integer()) return {.reason = "the key is a whole number"};
  if (is_close(gold, decimal_of(gold), answer, dialect)) return {.verdict = Verdict::equal, .reason = "equal to the written digits"};
  return {.reason = "different values"};
}

Node scaled(const Node& node, long above, long below) {
  std::vector<Node> kids;
  kids.push_back(node);
  kids.push_back(number_node(above));
  Node product = make_node(Kind::product, "", std::move(kids));
  if (below == 1) return product;
  std::vector<Node> parts;
  parts.push_back(std::move(product));
  parts.push_back(number_node(below));
  return make_node(Kind::quotient, "", std::move(parts));
}

}  // namespace

ScalarVerdict compare_scalars(const Node& gold, const Node& answer, const Dialect& dialect) {
  const Measured key = stripped(gold);
  Measured given = stripped(answer);
  if (is_closed(*key.value)) given.value = &without_letter_unit(*given.value);
  if (is_cents(key.unit) && is_dollars(given.unit)) return compare_values(scaled(*key.value, 1, 100), *given.value, dialect);
  if (is_dollars(key.unit) && is_cents(given.unit)) return compare_values(*key.value, scaled(*given.value, 1, 100), dialect);
  if (!units_agree(key.unit, given.unit)) return {.reason = "different units"};
  // "Write 54 in base 5" is not answered by 54.
  if ((key.value->kind == Kind::based) != (given.value->kind == Kind::based)) return {.reason = "a base on one side only"};
  ScalarVerdict plain = compare_values(*key.value, *given.value, dialect);
  if (plain.verdict == Verdict::equal) return plain;
  // 33.5% answers 0.335: a hundredth, where exactly one side carries the sign.
  if (key.percent != given.percent) {
    const Node hundredth = scaled(key.percent ? *key.value : *given.value, 1, 100);
    const ScalarVerdict share =
        key.percent ? compare_values(hundredth, *given.value, dialect) : compare_values(*key.value, hundredth, dialect);
    if (share.verdict == Verdict::equal) return share;
  }
  if (dialect.percent_x100 && !key.percent && !given.percent) {
    for (const Node& other : {scaled(*given.value, 100, 1), scaled(*given.value, 1, 100)}) {
      if (compare_values(*key.value, other, dialect).verdict == Verdict::equal)
        return {.verdict = Verdict::equal, .reason = "a factor of 100"};
    }
  }
  return plain;
}

}  // namespace xrouter::grade::math
