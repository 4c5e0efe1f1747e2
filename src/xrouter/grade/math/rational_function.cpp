#include "xrouter/grade/math/rational_function.hpp"

#include <map>
#include <string>

#include "xrouter/grade/math/calcium_headers.hpp"

namespace xrouter::grade::math {
namespace {

constexpr long kMaxVariables = 10;
constexpr long kMaxTerms = 300;  // of a numerator or denominator
constexpr long kMaxDegree = 60;  // of one power
constexpr long kMaxCoefficientBits = 4'096;

using Variables = std::map<std::string, long>;

bool is_arithmetic(const Node& node) {
  switch (node.kind) {
    case Kind::sum:
    case Kind::product:
    case Kind::quotient:
    case Kind::negation:
    case Kind::percent:
      return true;
    default:
      return false;
  }
}

// The exponent of a whole power, when it is small enough to be expanded.
std::optional<long> whole_exponent(const Node& node) {
  if (node.kind != Kind::power) return std::nullopt;
  const auto exponent = rational_value(node.kids[1]);
  if (!exponent || !exponent->fits_long() || std::abs(exponent->to_long()) > kMaxDegree) return std::nullopt;
  return exponent->to_long();
}

bool is_number(const Node& node) {
  return node.kind == Kind::number ||
         ((node.kind == Kind::function || node.kind == Kind::power || node.kind == Kind::based) && rational_value(node));
}

void collect(const Node& node, Variables& variables) {
  if (is_number(node)) return;
  if (is_arithmetic(node)) {
    for (const Node& kid : node.kids) collect(kid, variables);
  } else if (whole_exponent(node)) {
    collect(node.kids[0], variables);
  } else {
    variables.emplace(canonical(node), 0);
  }
}

class Context {
 public:
  explicit Context(long variables) { fmpz_mpoly_ctx_init(context_, variables, ORD_LEX); }
  ~Context() { fmpz_mpoly_ctx_clear(context_); }
  Context(const Context&) = delete;
  const fmpz_mpoly_ctx_struct* get() const { return context_; }

 private:
  fmpz_mpoly_ctx_t context_;
};

class Function {
 public:
  explicit Function(const Context& context) : context_(&context) { fmpz_mpoly_q_init(value_, context.get()); }
  Function(const Function& other) : Function(*other.context_) { fmpz_mpoly_q_set(value_, other.value_, context_->get()); }
  Function(Function&& other) noexcept : Function(*other.context_) { fmpz_mpoly_q_swap(value_, other.value_, context_->get()); }
  Function& operator=(Function other) noexcept {
    fmpz_mpoly_q_swap(value_, other.value_, context_->get());
    return *this;
  }
  ~Function() { fmpz_mpoly_q_clear(value_, context_->get()); }

  fmpz_mpoly_q_struct* get() { return value_; }
  const fmpz_mpoly_q_struct* get() const { return value_; }
  bool is_zero() const { return fmpz_mpoly_q_is_zero(value_, context_->get()) != 0; }
  long terms() const {
    return std::max(fmpz_mpoly_length(fmpz_mpoly_q_numref(value_), context_->get()),
                    fmpz_mpoly_length(fmpz_mpoly_q_denref(value_), context_->get()));
  }
  long coefficient_bits() const {
    return std::abs(fmpz_mpoly_max_bits(fmpz_mpoly_q_numref(value_))) + std::abs(fmpz_mpoly_max_bits(fmpz_mpoly_q_denref(value_)));
  }

 private:
  const Context* context_;
  fmpz_mpoly_q_t value_;
};

using Made = tl::expected<Function, Fault>;

class Builder {
 public:
  Builder(const Context& context, const Variables& variables) : context_(context), variables_(variables) {}

  Made build(const Node& node) const {
    if (is_number(node)) return constant(node);
    switch (node.kind) {
      case Kind::sum:
        return fold(node, fmpz_mpoly_q_add);
      case Kind::product:
        return fold(node, fmpz_mpoly_q_mul);
      case Kind::quotient:
        return quotient(node);
      case Kind::negation: {
        Made kid = build(node.kids[0]);
        if (kid) fmpz_mpoly_q_neg(kid->get(), kid->get(), context_.get());
        return kid;
      }
      case Kind::percent: {
        Made kid = build(node.kids[0]);
        if (kid) fmpz_mpoly_q_div_fmpz(kid->get(), kid->get(), Rational(100).numerator(), context_.get());
        return kid;
      }
      default:
        break;
    }
    if (const auto exponent = whole_exponent(node)) return power(node, *exponent);
    Function variable(context_);
    fmpz_mpoly_q_gen(variable.get(), variables_.at(canonical(node)), context_.get());
    return variable;
  }

 private:
  using Operation = void (*)(fmpz_mpoly_q_t, const fmpz_mpoly_q_t, const fmpz_mpoly_q_t, const fmpz_mpoly_ctx_t);

  Made constant(const Node& node) const {
    auto value = rational_value(node);
    if (!value) return tl::unexpected(value.error());
    if (value->bits() > kMaxCoefficientBits) return tl::unexpected(Fault::too_big);
    Function made(context_);
    fmpz_mpoly_q_set_fmpq(made.get(), value->get(), context_.get());
    return made;
  }

  // The size of a result is known before it is computed only for its upper bound; that is what counts.
  Made apply(Operation operation, Function left, const Function& right) const {
    if (left.terms() * right.terms() > 4 * kMaxTerms || left.coefficient_bits() + right.coefficient_bits() > kMaxCoefficientBits) {
      return tl::unexpected(Fault::too_big);
    }
    operation(left.get(), left.get(), right.get(), context_.get());
    if (left.terms() > kMaxTerms) return tl::unexpected(Fault::too_big);
    return left;
  }

  Made fold(const Node& node, Operation operation) const {
    Made total = build(node.kids[0]);
    for (std::size_t i = 1; total && i < node.kids.size(); ++i) {
      Made next = build(node.kids[i]);
      if (!next) return next;
      total = apply(operation, std::move(*total), *next);
    }
    return total;
  }

  Made quotient(const Node& node) const {
    Made above = build(node.kids[0]);
    if (!above) return above;
    Made below = build(node.kids[1]);
    if (!below) return below;
    if (below->is_zero()) return tl::unexpected(Fault::undefined);
    return apply(fmpz_mpoly_q_div, std::move(*above), *below);
  }

  Made power(const Node& node, long exponent) const {
    Made base = build(node.kids[0]);
    if (!base) return base;
    if (exponent < 0) {
      if (base->is_zero()) return tl::unexpected(Fault::undefined);
      fmpz_mpoly_q_inv(base->get(), base->get(), context_.get());
    }
    Function one(context_);
    fmpz_mpoly_q_one(one.get(), context_.get());
    Made total = std::move(one);
    for (long i = 0; total && i < std::abs(exponent); ++i) total = apply(fmpz_mpoly_q_mul, std::move(*total), *base);
    return total;
  }

  const Context& context_;
  const Variables& variables_;
};

// f(a, b) of both trees as functions over the same variables.
template <typename F>
auto with_both(const Node& a, const Node& b, F&& f)
    -> tl::expected<decltype(f(std::declval<Function&>(), std::declval<Function&>(), std::declval<Context&>())), Fault> {
  Variables variables;
  collect(a, variables);
  collect(b, variables);
  if (static_cast<long>(variables.size()) > kMaxVariables) return tl::unexpected(Fault::too_big);
  long index = 0;
  for (auto& [name, number] : variables) number = index++;
  Context context(std::max(1L, index));
  const Builder builder(context, variables);
  Made left = builder.build(a);
  if (!left) return tl::unexpected(left.error());
  Made right = builder.build(b);
  if (!right) return tl::unexpected(right.error());
  return f(*left, *right, context);
}

}  // namespace

tl::expected<bool, Fault> same_function(const Node& a, const Node& b) {
  return with_both(a, b, [](Function& left, Function& right, Context& context) {
    return fmpz_mpoly_q_equal(left.get(), right.get(), context.get()) != 0;
  });
}

tl::expected<int, Fault> proportion_sign(const Node& a, const Node& b) {
  return with_both(a, b, [](Function& left, Function& right, Context& context) {
    if (left.is_zero() || right.is_zero() || left.terms() * right.terms() > 4 * kMaxTerms) return 0;
    fmpz_mpoly_q_div(left.get(), left.get(), right.get(), context.get());
    if (!fmpz_mpoly_q_is_fmpq(left.get(), context.get())) return 0;
    return fmpz_sgn(fmpz_mpoly_q_numref(left.get())->coeffs) * fmpz_sgn(fmpz_mpoly_q_denref(left.get())->coeffs);
  });
}

}  // namespace xrouter::grade::math
