#include "xrouter/grammar/schema/number_dfa.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

namespace xrouter::grammar {
namespace {

enum class Order : std::uint8_t { less, same, more };

/// The magnitudes of one sign.
struct Side {
  bool possible = true;
  std::optional<Bound> low, high;
};

bool is_zero(const Decimal& decimal) { return decimal.whole == "0" && decimal.fraction.find_first_not_of('0') == std::string::npos; }

Side side_of(const NumberRange& range, bool negative) {
  Side side;
  const std::optional<Bound>& near = negative ? range.high : range.low;
  const std::optional<Bound>& far = negative ? range.low : range.high;
  // A bound of the other sign is met by all magnitudes of this one, or by none.
  if (near && (near->at.negative == negative || is_zero(near->at))) side.low = near;
  if (far && far->at.negative != negative && !is_zero(far->at)) side.possible = false;
  if (far) side.high = far;
  if (!negative) return side;
  if (far && is_zero(far->at)) side.possible = false;
  if (!side.low) side.low = Bound{.at = {}, .open = true};  // no minus zero
  if (is_zero(side.low->at)) side.low->open = true;
  return side;
}

/// A magnitude being written, compared with a bound as far as that is known.
struct Reading {
  enum Phase : std::uint8_t { start, minus, zero, whole, point, fraction, e, e_sign, e_one, e_two };
  Phase phase = start;
  bool negative = false;
  std::uint8_t whole_digits = 0;
  std::uint8_t fraction_digits = 0;
  Order low = Order::same;
  Order high = Order::same;
  auto key() const { return std::tuple(phase, negative, whole_digits, fraction_digits, low, high); }
  bool operator<(const Reading& other) const { return key() < other.key(); }
};

Order compare_digit(Order so_far, char digit, const std::string& bound, std::size_t position, Order beyond) {
  if (so_far != Order::same) return so_far;
  if (position >= bound.size()) return digit == '0' ? Order::same : beyond;
  return digit < bound[position] ? Order::less : digit > bound[position] ? Order::more : Order::same;
}

// More whole digits are more, fewer are less, whatever they are.
Order at_end_of_whole(Order prefix, std::size_t digits, const Bound& bound) {
  if (digits != bound.at.whole.size()) return digits < bound.at.whole.size() ? Order::less : Order::more;
  return prefix;
}

class Machine {
 public:
  explicit Machine(const NumberRange& range) : range_(range), bounded_(range.low || range.high) {
    sides_[0] = side_of(range, false);
    sides_[1] = side_of(range, true);
  }

  std::optional<Reading> step(Reading at, char c) const {
    const bool digit = c >= '0' && c <= '9';
    switch (at.phase) {
      case Reading::start:
        if (c == '-' && sides_[1].possible) return moved(at, Reading::minus, true);
        return digit && sides_[0].possible ? first_digit(at, c) : std::nullopt;
      case Reading::minus:
        return digit ? first_digit(at, c) : std::nullopt;
      case Reading::whole:
        if (digit) return at.whole_digits < kMostDigits ? std::optional(whole_digit(at, c)) : std::nullopt;
        [[fallthrough]];
      case Reading::zero:
        return behind_whole(at, c);
      case Reading::point:
      case Reading::fraction:
        if (digit) return at.whole_digits + at.fraction_digits < kMostDigits ? std::optional(fraction_digit(at, c)) : std::nullopt;
        return at.phase == Reading::fraction ? exponent(at, c) : std::nullopt;
      case Reading::e:
        if (c == '+' || c == '-') return moved(at, Reading::e_sign, at.negative);
        [[fallthrough]];
      case Reading::e_sign:
        return digit ? std::optional(moved(at, Reading::e_one, at.negative)) : std::nullopt;
      case Reading::e_one:
        return digit ? std::optional(moved(at, Reading::e_two, at.negative)) : std::nullopt;
      case Reading::e_two:
        return std::nullopt;
    }
    return std::nullopt;
  }

  bool accepts(const Reading& at) const {
    if (at.phase == Reading::e_one || at.phase == Reading::e_two) return true;
    if (at.phase != Reading::zero && at.phase != Reading::whole && at.phase != Reading::fraction) return false;
    const Side& side = sides_[at.negative ? 1 : 0];
    return fits(side.low, at.low, at, Order::less) && fits(side.high, at.high, at, Order::more);
  }

 private:
  static Reading moved(Reading at, Reading::Phase phase, bool negative) {
    at.phase = phase;
    at.negative = negative;
    return at;
  }
  std::optional<Reading> first_digit(Reading at, char c) const {
    at = whole_digit(at, c);
    if (c == '0') at.phase = Reading::zero;
    return at;
  }
  Reading whole_digit(Reading at, char c) const {
    const Side& side = sides_[at.negative ? 1 : 0];
    if (side.low) at.low = compare_digit(at.low, c, side.low->at.whole, at.whole_digits, Order::same);
    if (side.high) at.high = compare_digit(at.high, c, side.high->at.whole, at.whole_digits, Order::same);
    at.phase = Reading::whole;
    ++at.whole_digits;
    return at;
  }
  std::optional<Reading> behind_whole(const Reading& at, char c) const {
    if (range_.integer) return std::nullopt;
    if (c != '.') return exponent(at, c);
    if (at.whole_digits >= kMostDigits) return std::nullopt;
    const Side& side = sides_[at.negative ? 1 : 0];
    Reading next = moved(at, Reading::point, at.negative);
    if (side.low) next.low = at_end_of_whole(at.low, at.whole_digits, *side.low);
    if (side.high) next.high = at_end_of_whole(at.high, at.whole_digits, *side.high);
    return next;
  }
  Reading fraction_digit(Reading at, char c) const {
    const Side& side = sides_[at.negative ? 1 : 0];
    if (side.low) at.low = compare_digit(at.low, c, side.low->at.fraction, at.fraction_digits, Order::more);
    if (side.high) at.high = compare_digit(at.high, c, side.high->at.fraction, at.fraction_digits, Order::more);
    at.phase = Reading::fraction;
    ++at.fraction_digits;
    return at;
  }
  std::optional<Reading> exponent(const Reading& at, char c) const {
    if (bounded_ || range_.integer || (c != 'e' && c != 'E')) return std::nullopt;
    return moved(at, Reading::e, at.negative);
  }
  static bool fits(const std::optional<Bound>& bound, Order order, const Reading& at, Order wrong) {
    if (!bound) return true;
    if (at.phase != Reading::fraction) order = at_end_of_whole(order, at.whole_digits, *bound);
    const std::size_t compared = at.phase == Reading::fraction ? at.fraction_digits : 0;
    const std::string& rest = bound->at.fraction;
    if (order == Order::same && compared < rest.size() && rest.find_first_not_of('0', compared) != std::string::npos) order = Order::less;
    return order == Order::same ? !bound->open : order != wrong;
  }

  const NumberRange& range_;
  bool bounded_;
  Side sides_[2];
};

}  // namespace

std::optional<Decimal> decimal_of(const boost::json::value& value) {
  Decimal decimal;
  char text[400];
  std::to_chars_result end{};
  if (value.is_int64())
    end = std::to_chars(text, text + sizeof text, value.get_int64());
  else if (value.is_uint64())
    end = std::to_chars(text, text + sizeof text, value.get_uint64());
  else if (value.is_double() && std::isfinite(value.get_double()))
    end = std::to_chars(text, text + sizeof text, value.get_double(), std::chars_format::fixed);
  else
    return std::nullopt;
  std::string_view digits(text, static_cast<std::size_t>(end.ptr - text));
  decimal.negative = digits.starts_with('-');
  if (decimal.negative) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  decimal.whole = digits.substr(0, point);
  if (point != std::string_view::npos) decimal.fraction = digits.substr(point + 1);
  if (is_zero(decimal)) decimal = {};
  return decimal;
}

int compare(const Decimal& left, const Decimal& right) {
  if (left.negative != right.negative) return left.negative ? -1 : 1;
  const int sign = left.negative ? -1 : 1;
  if (left.whole.size() != right.whole.size()) return left.whole.size() < right.whole.size() ? -sign : sign;
  if (left.whole != right.whole) return left.whole < right.whole ? -sign : sign;
  const std::size_t digits = std::max(left.fraction.size(), right.fraction.size());
  const auto padded = [&](std::string fraction) { return fraction.append(digits - fraction.size(), '0'); };
  const int order = padded(left.fraction).compare(padded(right.fraction));
  return order == 0 ? 0 : order < 0 ? -sign : sign;
}

std::string key_of(const NumberRange& range) {
  const auto text = [](const std::optional<Bound>& bound) {
    if (!bound) return std::string(" none");
    return std::string(bound->open ? " beyond " : " from ") + (bound->at.negative ? "-" : "") + bound->at.whole + '.' + bound->at.fraction;
  };
  return (range.integer ? "integer" : "number") + text(range.low) + text(range.high);
}

Dfa number_dfa(const NumberRange& range) {
  const Machine machine(range);
  DfaDraft draft;
  std::map<Reading, int> known;
  std::vector<Reading> order;
  const auto state_of = [&](const Reading& at) {
    const auto [found, added] = known.emplace(at, static_cast<int>(order.size()));
    if (added) {
      order.push_back(at);
      draft.add(machine.accepts(at), 0);
    }
    return found->second;
  };
  state_of({});
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const char c : std::string_view("0123456789-+.eE")) {
      const Reading from = order[i];
      const auto to = machine.step(from, c);
      if (!to) continue;
      const int state = state_of(*to);
      draft.states[i].next[static_cast<std::uint8_t>(c)] = state;
    }
  }
  return finish(draft);
}

}  // namespace xrouter::grammar
