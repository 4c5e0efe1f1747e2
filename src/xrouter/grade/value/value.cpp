#include "xrouter/grade/value/value.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade {

bool Number::is_integer() const {
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> Number::to_int64() const {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

double Number::to_double() const {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return value;
  if (error != std::errc::result_out_of_range) return std::numeric_limits<double>::quiet_NaN();
  // from_chars does not say which way it went.
  const bool negative = text.starts_with('-');
  const std::size_t e = text.find_first_of("eE");
  const auto decimal = decimal_of(*this);
  const bool huge = decimal ? decimal->exponent > 0 : e != std::string::npos && text[e + 1] != '-';
  const double magnitude = huge ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -magnitude : magnitude;
}

const Value* Value::find(std::string_view key) const {
  const Dict* dict = if_dict();
  if (!dict) return nullptr;
  const auto found = std::ranges::find_if(dict->items, [&](const auto& item) { return item.first.if_string() && *item.first.if_string() == key; });
  return found == dict->items.end() ? nullptr : &found->second;
}

}  // namespace xrouter::grade
