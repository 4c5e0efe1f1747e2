#include "xrouter/grammar/schema/limits.hpp"

#include <algorithm>
#include <limits>

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

constexpr double kMostCount = 9007199254740992.0;

std::int64_t count_of(const bj::value& value) { return static_cast<std::int64_t>(std::min(value.to_number<double>(), kMostCount)); }

// The tighter one; at the same place the open one.
void tighten(std::optional<Bound>& bound, const bj::value& value, bool open, int tighter) {
  const std::optional<Decimal> at = decimal_of(value);
  if (!at) return;
  const int order = bound ? compare(*at, bound->at) : tighter;
  if (order == tighter) bound = Bound{*at, open};
  if (order == 0) bound->open = bound->open || open;
}

}  // namespace

std::optional<std::int64_t> greatest_least(const Conjunction& rules, std::string_view keyword) {
  std::optional<std::int64_t> least;
  for (Schema rule : rules.rules)
    if (const bj::value* value = rule->get_object().if_contains(keyword)) least = std::max(least.value_or(0), count_of(*value));
  return least;
}

std::optional<std::int64_t> smallest_most(const Conjunction& rules, std::string_view keyword) {
  std::optional<std::int64_t> most;
  for (Schema rule : rules.rules)
    if (const bj::value* value = rule->get_object().if_contains(keyword)) most = std::min(most.value_or(std::numeric_limits<std::int64_t>::max()), count_of(*value));
  return most;
}

NumberRange range_of(const Conjunction& rules, bool integer) {
  NumberRange range{.integer = integer};
  for (Schema rule : rules.rules) {
    const bj::object& keywords = rule->get_object();
    if (const bj::value* value = keywords.if_contains("minimum")) tighten(range.low, *value, false, 1);
    if (const bj::value* value = keywords.if_contains("exclusiveMinimum")) tighten(range.low, *value, true, 1);
    if (const bj::value* value = keywords.if_contains("maximum")) tighten(range.high, *value, false, -1);
    if (const bj::value* value = keywords.if_contains("exclusiveMaximum")) tighten(range.high, *value, true, -1);
    const bj::value* format = keywords.if_contains("format");
    if (!format || format->get_string() != "int32") continue;
    tighten(range.low, bj::value(std::numeric_limits<std::int32_t>::min()), false, 1);
    tighten(range.high, bj::value(std::numeric_limits<std::int32_t>::max()), false, -1);
  }
  return range;
}

}  // namespace xrouter::grammar
