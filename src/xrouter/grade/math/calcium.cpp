#include "xrouter/grade/math/calcium.hpp"

#include <algorithm>

#include "xrouter/grade/math/angle.hpp"
#include "xrouter/grade/math/calcium_headers.hpp"
#include "xrouter/grade/math/exact.hpp"

namespace xrouter::grade::math {
namespace {

constexpr std::size_t kMaxTreeNodes = 80;
constexpr std::size_t kMaxExtensions = 8;  // roots, logarithms, sines ...
constexpr long kMaxNumberBits = 256;
// Calcium computes in the cyclotomic field of an angle or an imaginary exponent, which takes seconds for a
// 360th root of unity: numbers beside pi, i and degrees stay below this.
constexpr long kMaxAngleNumber = 12;

class Context {
 public:
  Context() {
    ca_ctx_init(context_);
    // Effort: small minimal polynomials, small powers, few Groebner steps.
    ca_ctx_set_option(context_, CA_OPT_PREC_LIMIT, 1024);
    ca_ctx_set_option(context_, CA_OPT_QQBAR_DEG_LIMIT, 16);
    ca_ctx_set_option(context_, CA_OPT_LLL_PREC, 64);
    ca_ctx_set_option(context_, CA_OPT_POW_LIMIT, 12);
    ca_ctx_set_option(context_, CA_OPT_GROEBNER_LENGTH_LIMIT, 20);
    ca_ctx_set_option(context_, CA_OPT_GROEBNER_POLY_LENGTH_LIMIT, 100);
    ca_ctx_set_option(context_, CA_OPT_GROEBNER_POLY_BITS_LIMIT, 1000);
  }
  ~Context() { ca_ctx_clear(context_); }
  Context(const Context&) = delete;
  ca_ctx_struct* get() { return context_; }

 private:
  ca_ctx_t context_;
};

class Number {
 public:
  explicit Number(Context& context) : context_(&context) { ca_init(value_, context.get()); }
  Number(Number&& other) noexcept : Number(*other.context_) { ca_swap(value_, other.value_, context_->get()); }
  Number& operator=(Number&& other) noexcept {
    ca_swap(value_, other.value_, context_->get());
    return *this;
  }
  ~Number() { ca_clear(value_, context_->get()); }
  ca_struct* get() { return value_; }

 private:
  Context* context_;
  ca_t value_;
};

struct Effort {
  std::size_t nodes = 0;
  std::size_t extensions = 0;
  bool too_wide = false;
};

bool mentions_circle(const Node& node) {
  return node.kind == Kind::degree || is_symbol(node, "pi") || is_symbol(node, "i") || std::ranges::any_of(node.kids, mentions_circle);
}

bool has_large_number(const Node& node) {
  if (node.kind != Kind::number) return std::ranges::any_of(node.kids, has_large_number);
  const auto value = decimal_value(node.text);
  return !value || !value->fits_long() || value->to_long() > kMaxAngleNumber;
}

bool is_wide_angle(const Node& angle) {
  if (const auto turn = multiple_of_pi(angle)) return fmpz_cmp_si(turn->denominator(), kMaxAngleNumber) > 0 || turn->bits() > 16;
  return mentions_circle(angle) && has_large_number(angle);
}

bool is_circular(const Node& node) {
  if (node.kind != Kind::function) return node.kind == Kind::power;
  return node.text == "sin" || node.text == "cos" || node.text == "tan" || node.text == "exp";
}

// Roots of a high order.
bool is_high_root(const Node& node) {
  if (node.kids.size() != 2 || (node.kind != Kind::power && node.text != "root")) return false;
  const auto exponent = rational_value(node.kids[1]);
  if (!exponent) return false;
  return fmpz_cmp_si(node.kind == Kind::power ? exponent->denominator() : exponent->numerator(), kMaxAngleNumber) > 0;
}

void measure(const Node& node, Effort& effort) {
  ++effort.nodes;
  effort.too_wide = effort.too_wide || is_high_root(node) || (is_circular(node) && std::ranges::any_of(node.kids, is_wide_angle));
  const bool whole_power = node.kind == Kind::power && node.kids[1].kids.empty();
  if (node.kind == Kind::function || (node.kind == Kind::power && !whole_power) || is_constant(node)) ++effort.extensions;
  for (const Node& kid : node.kids) measure(kid, effort);
}

class Builder {
 public:
  explicit Builder(Context& context) : context_(context) {}

  std::optional<Number> build(const Node& node) {
    if (auto value = rational_value(node)) return rational(*value);
    switch (node.kind) {
      case Kind::symbol:
        return symbol(node);
      case Kind::sum:
        return fold(node, ca_add);
      case Kind::product:
        return fold(node, ca_mul);
      case Kind::quotient:
        return fold(node, ca_div);
      case Kind::power:
        return fold(node, ca_pow);
      case Kind::function:
        return function(node);
      case Kind::negation: {
        auto kid = build(node.kids[0]);
        if (kid) ca_neg(kid->get(), kid->get(), context_.get());
        return kid;
      }
      case Kind::degree: {
        auto kid = build(node.kids[0]);
        if (!kid) return kid;
        Number pi(context_);
        ca_pi(pi.get(), context_.get());
        ca_mul(kid->get(), kid->get(), pi.get(), context_.get());
        ca_div_si(kid->get(), kid->get(), 180, context_.get());
        return kid;
      }
      default:
        return std::nullopt;
    }
  }

 private:
  using Binary = void (*)(ca_t, const ca_t, const ca_t, ca_ctx_t);
  using Unary = void (*)(ca_t, const ca_t, ca_ctx_t);

  std::optional<Number> rational(const Rational& value) {
    if (value.bits() > kMaxNumberBits) return std::nullopt;
    Number number(context_);
    ca_set_fmpq(number.get(), value.get(), context_.get());
    return number;
  }

  std::optional<Number> symbol(const Node& node) {
    Number number(context_);
    if (node.text == "pi")
      ca_pi(number.get(), context_.get());
    else if (node.text == "i")
      ca_i(number.get(), context_.get());
    else if (node.text == "e")
      ca_set_si(number.get(), 1, context_.get()), ca_exp(number.get(), number.get(), context_.get());
    else
      return std::nullopt;
    return number;
  }

  std::optional<Number> fold(const Node& node, Binary operation) {
    auto total = build(node.kids[0]);
    for (std::size_t i = 1; total && i < node.kids.size(); ++i) {
      auto next = build(node.kids[i]);
      if (!next) return next;
      operation(total->get(), total->get(), next->get(), context_.get());
    }
    return total;
  }

  static Unary unary(std::string_view name) {
    if (name == "sqrt") return ca_sqrt;
    if (name == "exp") return ca_exp;
    if (name == "log" || name == "lg") return ca_log;
    if (name == "tan") return [](ca_t y, const ca_t x, ca_ctx_t ctx) { ca_tan(y, x, ctx); };
    if (name == "arctan") return [](ca_t y, const ca_t x, ca_ctx_t ctx) { ca_atan(y, x, ctx); };
    if (name == "arcsin") return ca_asin;
    if (name == "arccos") return ca_acos;
    if (name == "abs") return ca_abs;
    if (name == "sin") return [](ca_t y, const ca_t x, ca_ctx_t ctx) { ca_sin_cos(y, nullptr, x, ctx); };
    if (name == "cos") return [](ca_t y, const ca_t x, ca_ctx_t ctx) { ca_sin_cos(nullptr, y, x, ctx); };
    return nullptr;
  }

  std::optional<Number> function(const Node& node) {
    if (node.kids.empty()) return std::nullopt;
    auto value = build(node.kids[0]);
    if (!value) return value;
    if (const Unary apply = unary(node.text)) {
      apply(value->get(), value->get(), context_.get());
      if (node.text == "log" && node.kids.size() == 2) return over_log(std::move(*value), build(node.kids[1]));
      if (node.text == "lg") return over_log(std::move(*value), rational(Rational(10)));
      return value;
    }
    return std::nullopt;
  }

  std::optional<Number> over_log(Number value, std::optional<Number> base) {
    if (!base) return std::nullopt;
    ca_log(base->get(), base->get(), context_.get());
    ca_div(value.get(), value.get(), base->get(), context_.get());
    return value;
  }

  Context& context_;
};

}  // namespace

Verdict compare_by_calcium(const Node& a, const Node& b) {
  Effort effort;
  measure(a, effort);
  measure(b, effort);
  if (effort.nodes > kMaxTreeNodes || effort.extensions > kMaxExtensions || effort.too_wide) return Verdict::undecided;
  Context context;
  Builder builder(context);
  auto left = builder.build(a);
  auto right = left ? builder.build(b) : std::nullopt;
  if (!right) return Verdict::undecided;
  switch (ca_check_equal(left->get(), right->get(), context.get())) {
    case T_TRUE:
      return Verdict::equal;
    case T_FALSE:
      return Verdict::different;
    default:
      return Verdict::undecided;
  }
}

}  // namespace xrouter::grade::math
