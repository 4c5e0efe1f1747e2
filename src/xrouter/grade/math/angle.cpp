#include "xrouter/grade/math/angle.hpp"

namespace xrouter::grade::math {
namespace {

std::optional<Rational> product_of(const Node& product) {
  Rational total(1);
  bool has_pi = false;
  for (const Node& kid : product.kids) {
    auto factor = rational_value(kid);
    if (!factor) {
      const auto angle = has_pi ? std::nullopt : multiple_of_pi(kid);
      if (!angle) return std::nullopt;
      has_pi = true;
      factor = *angle;
    }
    fmpq_mul(total.get(), total.get(), factor->get());
  }
  if (!has_pi) return std::nullopt;
  return total;
}

std::optional<Rational> sum_of(const Node& sum) {
  Rational total;
  for (const Node& kid : sum.kids) {
    const auto term = multiple_of_pi(kid);
    if (!term) return std::nullopt;
    fmpq_add(total.get(), total.get(), term->get());
  }
  return total;
}

}  // namespace

std::optional<Rational> multiple_of_pi(const Node& angle) {
  switch (angle.kind) {
    case Kind::symbol:
      return angle.text == "pi" ? std::optional(Rational(1)) : std::nullopt;
    case Kind::product:
      return product_of(angle);
    case Kind::sum:
      return sum_of(angle);
    case Kind::degree: {
      auto value = angle.kids.empty() ? tl::unexpected(Fault::other_kind) : rational_value(angle.kids[0]);
      if (!value) return std::nullopt;
      fmpq_div(value->get(), value->get(), Rational(180).get());
      return std::move(*value);
    }
    case Kind::negation: {
      auto value = multiple_of_pi(angle.kids[0]);
      if (value) fmpq_neg(value->get(), value->get());
      return value;
    }
    case Kind::quotient: {
      auto value = multiple_of_pi(angle.kids[0]);
      const auto below = rational_value(angle.kids[1]);
      if (!value || !below || below->is_zero()) return std::nullopt;
      fmpq_div(value->get(), value->get(), below->get());
      return value;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace xrouter::grade::math
