// The value is written as U / L with algebraic integers U and L whose conjugates are bounded by u and l.
// If D is the product of the indices of the different roots in the tree, the norm of a nonzero U is at
// least 1, so |U| >= u^(1-D) and |value| >= u^(1-D) / l. The rules for u and l are those of Burnikel,
// Funke, Mehlhorn, Schirra and Schmitt, "A separation bound for real algebraic expressions" (2001/2009);
// the norm argument holds for complex values as well. Sines, cosines and tangents of rational multiples of pi
// lie in one cyclotomic field: with n the common order of their roots of unity, D gets the factor phi(n), and
// 2 cos and 2 sin are algebraic integers of size 2. All sizes are kept as base-2 logarithms.
#include "xrouter/grade/math/separation.hpp"

#include <flint/ulong_extras.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "xrouter/grade/math/angle.hpp"
#include "xrouter/grade/math/exact.hpp"

namespace xrouter::grade::math {
namespace {

constexpr double kMaxDegree = 1'024;
constexpr double kMaxBitsOfBound = 20'000;
constexpr long kMaxOrder = 1'000'000;  // of the roots of unity

struct Size {
  double upper = 0;  // log2 u
  double lower = 0;  // log2 l
};

double log2_of_sum(double a, double b) { return std::max(a, b) + 1; }

class Bound {
 public:
  std::optional<Size> of(const Node& node) {
    if (auto value = rational_value(node)) return rational(*value);
    switch (node.kind) {
      case Kind::symbol:
        return imaginary_unit(node);
      case Kind::negation:
        return of(node.kids[0]);
      case Kind::sum:
      case Kind::product:
        return folded(node);
      case Kind::quotient:
        return quotient(node);
      case Kind::power:
        return power(node);
      case Kind::function:
        return function(node);
      default:
        return std::nullopt;
    }
  }

  double degree() const { return degree_ * static_cast<double>(n_euler_phi(order_)); }

 private:
  static Size rational(const Rational& value) {
    return {.upper = static_cast<double>(fmpz_bits(value.numerator())), .lower = static_cast<double>(fmpz_bits(value.denominator()))};
  }

  std::optional<Size> imaginary_unit(const Node& node) {
    if (node.text != "i") return std::nullopt;
    return radical(node, Size{}, 2);
  }

  std::optional<Size> folded(const Node& node) {
    auto total = of(node.kids[0]);
    for (std::size_t i = 1; total && i < node.kids.size(); ++i) {
      const auto next = of(node.kids[i]);
      if (!next) return std::nullopt;
      total->upper =
          node.kind == Kind::product ? total->upper + next->upper : log2_of_sum(total->upper + next->lower, next->upper + total->lower);
      total->lower += next->lower;
    }
    return total;
  }

  std::optional<Size> quotient(const Node& node) {
    const auto above = of(node.kids[0]);
    const auto below = above ? of(node.kids[1]) : std::nullopt;
    if (!below) return std::nullopt;
    return Size{.upper = above->upper + below->lower, .lower = above->lower + below->upper};
  }

  std::optional<Size> power(const Node& node) {
    const auto exponent = rational_value(node.kids[1]);
    if (!exponent || !fmpz_fits_si(exponent->numerator()) || !fmpz_fits_si(exponent->denominator())) return std::nullopt;
    auto base = of(node.kids[0]);
    if (!base) return std::nullopt;
    const long index = fmpz_get_si(exponent->denominator());
    if (index > 1) base = radical(node.kids[0], *base, index);
    if (!base) return std::nullopt;
    const long n = fmpz_get_si(exponent->numerator());
    if (n < 0) std::swap(base->upper, base->lower);
    return Size{.upper = base->upper * static_cast<double>(std::abs(n)), .lower = base->lower * static_cast<double>(std::abs(n))};
  }

  std::optional<Size> function(const Node& node) {
    if (node.text == "sin" || node.text == "cos" || node.text == "tan") return circular(node);
    const bool root = node.text == "root" && node.kids.size() == 2;
    if (node.text != "sqrt" && node.text != "cbrt" && !root) return std::nullopt;
    const auto index = root ? rational_value(node.kids[1]) : Rational(node.text == "sqrt" ? 2 : 3);
    if (!index || !index->fits_long() || index->to_long() < 1) return std::nullopt;
    const auto radicand = of(node.kids[0]);
    if (!radicand) return std::nullopt;
    return radical(node.kids[0], *radicand, index->to_long());
  }

  std::optional<Size> circular(const Node& node) {
    const auto angle = multiple_of_pi(node.kids[0]);
    if (!angle || !fmpz_fits_si(angle->denominator())) return std::nullopt;
    const long denominator = fmpz_get_si(angle->denominator());
    if (denominator > kMaxOrder) return std::nullopt;
    const ulong order = std::lcm<ulong>(4, 2 * static_cast<ulong>(denominator));
    order_ = order_ / std::gcd(order_, order) * order;
    if (order_ > static_cast<ulong>(kMaxOrder)) return std::nullopt;
    return Size{.upper = 1, .lower = 1};
  }

  // sqrt[k](U / L) is sqrt[k](U L^(k-1)) / L, or U / sqrt[k](U^(k-1) L): the smaller of the two.
  Size radical(const Node& radicand, Size size, long index) {
    if (roots_.insert(std::to_string(index) + canonical(radicand)).second) degree_ *= static_cast<double>(index);
    const auto k = static_cast<double>(index);
    if (size.upper >= size.lower) return {.upper = (size.upper + (k - 1) * size.lower) / k, .lower = size.lower};
    return {.upper = size.upper, .lower = ((k - 1) * size.upper + size.lower) / k};
  }

  std::set<std::string> roots_;
  double degree_ = 1;
  ulong order_ = 1;
};

}  // namespace

std::optional<long> separation_bits(const Node& difference) {
  Bound bound;
  const auto size = bound.of(difference);
  if (!size || bound.degree() > kMaxDegree) return std::nullopt;
  const double bits = (bound.degree() - 1) * std::max(size->upper, 1.0) + size->lower + 2;
  if (!(bits < kMaxBitsOfBound)) return std::nullopt;
  return static_cast<long>(bits) + 1;
}

}  // namespace xrouter::grade::math
