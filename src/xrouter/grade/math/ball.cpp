#include "xrouter/grade/math/ball.hpp"

#include <acb_hypgeom.h>

#include "xrouter/grade/math/limits.hpp"

namespace xrouter::grade::math {
namespace {

using Value = tl::expected<Ball, Fault>;

tl::unexpected<Fault> fault(Fault why) { return tl::unexpected(why); }

bool below_power_of_two(const Ball& ball, long exponent) {
  mag_t bound;
  mag_init(bound);
  acb_get_mag(bound, ball.get());
  const bool below = mag_cmp_2exp_si(bound, exponent) < 0;
  mag_clear(bound);
  return below;
}

class Evaluator {
 public:
  Evaluator(const Point& point, long bits) : point_(point), bits_(bits) {}

  Value value(const Node& node) const {
    Value made = unchecked(node);
    if (made && !acb_is_finite(made->get())) return fault(Fault::undefined);
    return made;
  }

 private:
  Value unchecked(const Node& node) const {
    switch (node.kind) {
      case Kind::number:
      case Kind::based:
        return exact(node);
      case Kind::symbol:
        return symbol(node);
      case Kind::sum:
      case Kind::product:
        return folded(node);
      case Kind::negation:
      case Kind::percent:
      case Kind::degree:
        return signed_or_scaled(node);
      case Kind::quotient:
        return quotient(node);
      case Kind::power:
        return power(node);
      case Kind::function:
        return function(node);
      default:
        return fault(Fault::other_kind);
    }
  }

  Value exact(const Node& node) const {
    auto rational = rational_value(node);
    if (!rational) return fault(rational.error());
    return of(*rational);
  }

  Value of(const Rational& rational) const {
    Ball ball;
    acb_set_fmpq(ball.get(), rational.get(), bits_);
    return ball;
  }

  Value symbol(const Node& node) const {
    Ball ball;
    if (node.text == "pi")
      acb_const_pi(ball.get(), bits_);
    else if (node.text == "i")
      acb_onei(ball.get());
    else if (node.text == "e")
      arb_const_e(acb_realref(ball.get()), bits_);
    else if (const auto found = point_.find(node.text); found != point_.end())
      return of(found->second);
    else
      return fault(Fault::other_kind);
    return ball;
  }

  Value folded(const Node& node) const {
    Value total = value(node.kids[0]);
    for (std::size_t i = 1; total && i < node.kids.size(); ++i) {
      Value next = value(node.kids[i]);
      if (!next) return next;
      (node.kind == Kind::sum ? acb_add : acb_mul)(total->get(), total->get(), next->get(), bits_);
    }
    return total;
  }

  Value signed_or_scaled(const Node& node) const {
    Value kid = value(node.kids[0]);
    if (!kid) return kid;
    if (node.kind == Kind::negation) acb_neg(kid->get(), kid->get());
    if (node.kind == Kind::percent) acb_div_si(kid->get(), kid->get(), 100, bits_);
    if (node.kind == Kind::degree) {
      Ball pi;
      acb_const_pi(pi.get(), bits_);
      acb_mul(kid->get(), kid->get(), pi.get(), bits_);
      acb_div_si(kid->get(), kid->get(), 180, bits_);
    }
    return kid;
  }

  Value quotient(const Node& node) const {
    Value above = value(node.kids[0]);
    if (!above) return above;
    Value below = value(node.kids[1]);
    if (!below) return below;
    if (acb_contains_zero(below->get())) return fault(Fault::undefined);
    acb_div(above->get(), above->get(), below->get(), bits_);
    return above;
  }

  Value power(const Node& node) const {
    Value base = value(node.kids[0]);
    if (!base) return base;
    if (auto exponent = rational_value(node.kids[1]); exponent && exponent->is_integer()) return whole_power(std::move(*base), *exponent);
    Value exponent = value(node.kids[1]);
    if (!exponent) return exponent;
    if (acb_contains_zero(base->get())) return fault(Fault::undefined);
    Ball log;
    acb_log(log.get(), base->get(), bits_);
    acb_mul(log.get(), log.get(), exponent->get(), bits_);
    return exponential(std::move(log));
  }

  Value whole_power(Ball base, const Rational& exponent) const {
    if (!exponent.fits_long() || std::abs(exponent.to_long()) > kMaxExponentBits) return fault(Fault::too_big);
    const long n = exponent.to_long();
    if (n <= 0 && acb_contains_zero(base.get())) return fault(Fault::undefined);
    if (!below_power_of_two(base, kMaxExponentBits / (std::abs(n) + 1))) return fault(Fault::too_big);
    acb_pow_si(base.get(), base.get(), n, bits_);
    return base;
  }

  Value exponential(Ball x) const {
    if (!below_power_of_two(x, 20)) return fault(Fault::too_big);
    acb_exp(x.get(), x.get(), bits_);
    return x;
  }

  using Complex = void (*)(acb_t, const acb_t, slong);
  static Complex complex_function(std::string_view name) {
    if (name == "sqrt") return acb_sqrt;
    if (name == "sin") return acb_sin;
    if (name == "cos") return acb_cos;
    if (name == "tan") return acb_tan;
    if (name == "cot") return acb_cot;
    if (name == "sec") return acb_sec;
    if (name == "csc") return acb_csc;
    if (name == "arcsin") return acb_asin;
    if (name == "arccos") return acb_acos;
    if (name == "arctan") return acb_atan;
    if (name == "sinh") return acb_sinh;
    if (name == "cosh") return acb_cosh;
    if (name == "tanh") return acb_tanh;
    return nullptr;
  }

  Value function(const Node& node) const {
    if (node.kids.empty()) return fault(Fault::other_kind);
    if (node.text == "root" || node.text == "log" || node.text == "lg") return root_or_log(node);
    if (node.text == "binom") return binomial(node);
    if (node.kids.size() != 1) return fault(Fault::other_kind);
    Value x = value(node.kids[0]);
    if (!x) return x;
    if (!below_power_of_two(*x, 4096)) return fault(Fault::too_big);
    if (const Complex apply = complex_function(node.text)) {
      apply(x->get(), x->get(), bits_);
      return x;
    }
    if (node.text == "exp") return exponential(std::move(*x));
    if (node.text == "cbrt") return real_root(std::move(*x), 3);
    if (node.text == "abs") {
      acb_abs(acb_realref(x->get()), x->get(), bits_);
      arb_zero(acb_imagref(x->get()));
      return x;
    }
    if (node.text == "factorial") return factorial(node, std::move(*x));
    return stepped(node.text, std::move(*x));
  }

  // n (n-1) ... (n-k+1) / k! for a small whole k.
  Value binomial(const Node& node) const {
    if (auto known = rational_value(node)) return of(*known);
    Value n = value(node.kids[0]);
    if (!n) return n;
    Value k = value(node.kids[1]);
    if (!k) return k;
    Rational steps;
    if (!acb_is_int(k->get()) || !arb_get_unique_fmpz(steps.numerator(), acb_realref(k->get())) || steps.sign() < 0)
      return fault(Fault::other_kind);
    if (!steps.fits_long() || steps.to_long() > 200) return fault(Fault::too_big);
    Ball total;
    acb_one(total.get());
    for (long i = 0; i < steps.to_long(); ++i) {
      acb_mul(total.get(), total.get(), n->get(), bits_);
      acb_div_si(total.get(), total.get(), i + 1, bits_);
      acb_sub_si(n->get(), n->get(), 1, bits_);
    }
    return total;
  }

  // Floors and ceilings, where the enclosure tells which.
  Value stepped(std::string_view name, Ball x) const {
    if ((name != "floor" && name != "ceil") || !acb_is_real(x.get())) return fault(Fault::other_kind);
    (name == "floor" ? arb_floor : arb_ceil)(acb_realref(x.get()), acb_realref(x.get()), bits_);
    return x;
  }

  Value factorial(const Node& node, Ball x) const {
    if (auto known = rational_value(node)) return of(*known);
    if (!below_power_of_two(x, 10)) return fault(Fault::too_big);
    acb_add_si(x.get(), x.get(), 1, bits_);
    acb_gamma(x.get(), x.get(), bits_);
    return x;
  }

  Value real_root(Ball x, long index) const {
    if (index < 1 || index > 10'000) return fault(Fault::other_kind);
    if (!acb_is_real(x.get()) || index % 2 == 0 || arb_is_nonnegative(acb_realref(x.get()))) {
      acb_root_ui(x.get(), x.get(), static_cast<ulong>(index), bits_);
      return x;
    }
    // The real root of a negative number, as everybody writes \sqrt[3]{-8} for -2.
    acb_neg(x.get(), x.get());
    acb_root_ui(x.get(), x.get(), static_cast<ulong>(index), bits_);
    acb_neg(x.get(), x.get());
    return x;
  }

  Value root_or_log(const Node& node) const {
    Value x = value(node.kids[0]);
    if (!x) return x;
    if (node.text == "root") {
      auto index = rational_value(node.kids[1]);
      if (!index || !index->fits_long()) return fault(Fault::other_kind);
      return real_root(std::move(*x), index->to_long());
    }
    if (acb_contains_zero(x->get())) return fault(Fault::undefined);
    acb_log(x->get(), x->get(), bits_);
    const bool common = node.text == "lg";
    if (!common && node.kids.size() < 2) return x;
    Value base = common ? of(Rational(10)) : value(node.kids[1]);
    if (!base) return base;
    if (acb_contains_zero(base->get())) return fault(Fault::undefined);
    acb_log(base->get(), base->get(), bits_);
    if (acb_contains_zero(base->get())) return fault(Fault::undefined);
    acb_div(x->get(), x->get(), base->get(), bits_);
    return x;
  }

  const Point& point_;
  long bits_;
};

}  // namespace

Value ball_value(const Node& node, const Point& point, long bits) { return Evaluator(point, bits).value(node); }

}  // namespace xrouter::grade::math
