#include "xrouter/grade/math/expression.hpp"

#include <set>
#include <string>

#include "xrouter/grade/math/ball.hpp"
#include "xrouter/grade/math/rational_function.hpp"

namespace xrouter::grade::math {
namespace {

constexpr long kBits = 256;
constexpr long kAgreeBits = 100;  // 1e-30
constexpr std::size_t kPoints = 8;
constexpr std::size_t kMaxVariables = 12;

struct Fraction {
  long above, below;
};
// Both signs, both sides of one, no two alike: a variable never meets another's value at one point.
constexpr Fraction kValues[] = {{3, 7}, {-5, 3}, {11, 13}, {2, 1}, {-7, 11},  {17, 5}, {-13, 4}, {19, 23},
                                {5, 2}, {-1, 9}, {29, 31}, {7, 3}, {-23, 12}, {31, 8}, {-3, 5},  {37, 41}};
// For expressions that only whole numbers suit, such as binomials of a variable.
constexpr Fraction kWholeValues[] = {{7, 1},  {3, 1}, {11, 1}, {5, 1}, {8, 1},  {2, 1},  {13, 1}, {4, 1},
                                     {10, 1}, {6, 1}, {17, 1}, {9, 1}, {12, 1}, {14, 1}, {15, 1}, {16, 1}};

void collect_symbols(const Node& node, std::set<std::string>& symbols) {
  if (node.kind == Kind::symbol && !is_constant(node)) symbols.insert(node.text);
  for (const Node& kid : node.kids) collect_symbols(kid, symbols);
}

Point point_of(const std::set<std::string>& symbols, std::size_t number, const Fraction (&values)[16]) {
  Point point;
  std::size_t index = number * 5;
  for (const std::string& symbol : symbols) {
    const Fraction& fraction = values[index % std::size(values)];
    Rational value(fraction.above);
    fmpq_div(value.get(), value.get(), Rational(fraction.below).get());
    point.emplace(symbol, std::move(value));
    index += 3;
  }
  return point;
}

bool agree(const Ball& left, const Ball& right) {
  Ball difference;
  acb_sub(difference.get(), left.get(), right.get(), kBits);
  mag_t size;
  mag_init(size);
  acb_get_mag(size, difference.get());
  const bool small = mag_cmp_2exp_si(size, -kAgreeBits) < 0;
  mag_clear(size);
  return small;
}

Verdict at_points(const Node& a, const Node& b, const std::set<std::string>& symbols, const Fraction (&values)[16]) {
  std::size_t agreed = 0;
  for (std::size_t number = 0; number < kPoints; ++number) {
    const Point point = point_of(symbols, number, values);
    const auto left = ball_value(a, point, kBits);
    const auto right = ball_value(b, point, kBits);
    if (!left && !right) continue;  // undefined on both sides says nothing
    for (const auto* side : {&left, &right}) {
      if (*side) continue;
      if (side->error() == Fault::too_big) return Verdict::too_big;
      if (side->error() == Fault::other_kind) return Verdict::undecided;
    }
    if (!left || !right || !acb_overlaps(left->get(), right->get())) return Verdict::different;
    agreed += agree(*left, *right);
  }
  return agreed > 0 ? Verdict::equal : Verdict::undecided;
}

}  // namespace

ExpressionVerdict compare_expressions(const Node& a, const Node& b) {
  std::set<std::string> symbols;
  collect_symbols(a, symbols);
  collect_symbols(b, symbols);
  if (symbols.size() > kMaxVariables) return {.verdict = Verdict::undecided};
  Verdict numeric = at_points(a, b, symbols, kValues);
  if (numeric == Verdict::undecided) numeric = at_points(a, b, symbols, kWholeValues);
  if (numeric == Verdict::different || numeric == Verdict::too_big) return {.verdict = numeric};
  if (const auto same = same_function(a, b); same && *same) return {.verdict = Verdict::equal};
  if (numeric == Verdict::equal) return {.verdict = Verdict::equal, .probable = true};
  return {.verdict = Verdict::different};
}

}  // namespace xrouter::grade::math
