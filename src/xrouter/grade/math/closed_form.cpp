#include "xrouter/grade/math/closed_form.hpp"

#include <algorithm>

#include "xrouter/grade/math/ball.hpp"
#include "xrouter/grade/math/calcium.hpp"
#include "xrouter/grade/math/separation.hpp"

namespace xrouter::grade::math {
namespace {

constexpr long kFirstBits = 64;
constexpr long kFilterBits = 256;  // before anything is proved
constexpr long kLastBits = 4'096;  // after the proofs have failed

enum class Seen { apart, together, undefined, too_big };

Seen look(const Node& a, const Node& b, long bits) {
  auto left = ball_value(a, {}, bits);
  auto right = ball_value(b, {}, bits);
  for (const auto* side : {&left, &right}) {
    if (!*side) return side->error() == Fault::too_big ? Seen::too_big : Seen::undefined;
  }
  return acb_overlaps(left->get(), right->get()) ? Seen::together : Seen::apart;
}

// Rises in precision until the balls part or a bound is reached. A ball that touches a pole or a branch
// point may leave it at more bits, so "undefined" is not final either.
Seen look_up_to(const Node& a, const Node& b, long from, long to) {
  Seen seen = Seen::undefined;
  for (long bits = from; bits <= to; bits *= 2) {
    seen = look(a, b, bits);
    if (seen == Seen::apart || seen == Seen::too_big) break;
  }
  return seen;
}

Node difference_of(const Node& a, const Node& b) {
  std::vector<Node> negated;
  negated.push_back(b);
  std::vector<Node> terms;
  terms.push_back(a);
  terms.push_back(make_node(Kind::negation, "", std::move(negated)));
  return make_node(Kind::sum, "", std::move(terms));
}

bool is_within(const Node& difference, long bits) {
  // The working precision covers the size of the parts as well: try a few.
  for (long precision = bits + kFirstBits; precision <= 4 * bits + 4 * kFirstBits; precision *= 2) {
    auto ball = ball_value(difference, {}, precision);
    if (!ball) continue;
    if (!acb_contains_zero(ball->get())) return false;
    mag_t size;
    mag_init(size);
    acb_get_mag(size, ball->get());
    const bool within = mag_cmp_2exp_si(size, -bits) < 0;
    mag_clear(size);
    if (within) return true;
  }
  return false;
}

}  // namespace

Verdict compare_closed(const Node& a, const Node& b) {
  const auto left = rational_value(a);
  const auto right = rational_value(b);
  if (left && right) return *left == *right ? Verdict::equal : Verdict::different;
  for (const auto* side : {&left, &right}) {
    if (!*side && side->error() == Fault::undefined) return Verdict::different;
  }
  const Seen seen = look_up_to(a, b, kFirstBits, kFilterBits);
  if (seen == Seen::apart) return Verdict::different;
  if (seen == Seen::too_big) return Verdict::too_big;
  if (seen == Seen::undefined) return Verdict::different;  // 1/0 is no answer
  const Node difference = difference_of(a, b);
  if (const auto bits = separation_bits(difference)) {
    // An algebraic number is decided here and nowhere else: the bound is final, and its cost is known.
    return is_within(difference, *bits) ? Verdict::equal : Verdict::undecided;
  }
  if (const Verdict proved = compare_by_calcium(a, b); proved != Verdict::undecided) return proved;
  return look_up_to(a, b, 2 * kFilterBits, kLastBits) == Seen::apart ? Verdict::different : Verdict::undecided;
}

}  // namespace xrouter::grade::math
