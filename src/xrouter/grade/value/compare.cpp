#include "xrouter/grade/value/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace xrouter::grade {
namespace {

constexpr std::size_t kMaxExponentDigits = 18;

// Moves the exponent part of a number's text out of it; nullopt when it is too long.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return 0;
  std::string_view exponent = text.substr(e + 1);
  text = text.substr(0, e);
  const bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
  if (exponent.size() > kMaxExponentDigits) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
  return negative ? -value : value;
}

// "1", "1.5" (shortest), "inf", "nan": the same text exactly for numbers that Python calls equal.
std::string number_key(const Number& number) {
  if (number.is_integer()) {
    const Decimal decimal = *decimal_of(number);
    if (decimal.digits.empty()) return "0";
    std::string key = decimal.negative ? "-" : "";
    key += decimal.digits;
    key.append(static_cast<std::size_t>(decimal.exponent) - decimal.digits.size(), '0');
    return key;
  }
  const double value = number.to_double();
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  return value == std::trunc(value) ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

void append_key(std::string& out, const Value& value);

void append_sorted(std::string& out, std::vector<std::string> keys) {
  std::ranges::sort(keys);
  for (const std::string& key : keys) out += key;
}

void append_list_key(std::string& out, const Value::List& list) {
  out += list.kind == ListKind::list ? '[' : list.kind == ListKind::tuple ? '(' : '<';
  if (list.kind == ListKind::set) {
    std::vector<std::string> keys;
    for (const Value& item : list.items) keys.push_back(python_key(item));
    append_sorted(out, std::move(keys));
  } else {
    for (const Value& item : list.items) append_key(out, item);
  }
  out += ']';
}

void append_dict_key(std::string& out, const Value::Dict& dict) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : dict.items) {
    append_key(keys.emplace_back(python_key(name)), value);
  }
  out += '{';
  append_sorted(out, std::move(keys));
  out += '}';
}

// Every scalar ends with a mark or carries its length, so that no two values share a key.
void append_key(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "n;";
  } else if (const bool* flag = value.if_bool()) {
    out += *flag ? "#1;" : "#0;";
  } else if (const Number* number = value.if_number()) {
    out += '#' + number_key(*number) + ';';
  } else if (const std::string* text = value.if_string()) {
    out += fmt::format("s{}:", text->size()) + *text;
  } else if (const Value::List* list = value.if_list()) {
    append_list_key(out, *list);
  } else {
    append_dict_key(out, *value.if_dict());
  }
}

bool holds_nan(const Value& value) {
  if (const Number* number = value.if_number()) return number->text == "nan";
  if (const Value::List* list = value.if_list()) return std::ranges::any_of(list->items, holds_nan);
  const Value::Dict* dict = value.if_dict();
  return dict && std::ranges::any_of(dict->items, [](const auto& item) { return holds_nan(item.first) || holds_nan(item.second); });
}

bool numbers_equal(const Number& a, const Number& b, const CompareOptions& options) {
  if (a.is_integer() != b.is_integer() && !options.int_equals_float) return false;
  const auto x = decimal_of(a);
  const auto y = decimal_of(b);
  if (!x || !y) return a.text == b.text;
  if (*x == *y) return true;
  // An integer key stays exact, whatever the tolerance.
  const bool exact = a.is_integer() || b.is_integer() || (options.rel_tol == 0 && options.abs_tol == 0);
  if (exact) return false;
  const double p = a.to_double();
  const double q = b.to_double();
  if (!std::isfinite(p) || !std::isfinite(q)) return false;
  return std::abs(p - q) <= std::max(options.abs_tol, options.rel_tol * std::max(std::abs(p), std::abs(q)));
}

bool lists_equal(const Value::List& a, const Value::List& b, const CompareOptions& options) {
  const auto kind_of = [&](const Value::List& list) {
    return options.tuple_equals_list && list.kind == ListKind::tuple ? ListKind::list : list.kind;
  };
  if (kind_of(a) != kind_of(b) || a.items.size() != b.items.size()) return false;
  if (a.kind == ListKind::set) return python_key(Value(a)) == python_key(Value(b));
  return std::ranges::equal(a.items, b.items, [&](const Value& x, const Value& y) { return equal(x, y, options); });
}

// A key by type as well: 1 and True are one key to Python, but not here.
std::string typed_key(const Value& key) { return (key.if_bool() ? "b" : "v") + python_key(key); }

bool dicts_equal(const Value::Dict& a, const Value::Dict& b, const CompareOptions& options) {
  if (a.items.size() != b.items.size()) return false;
  std::map<std::string, const Value*> by_key;
  for (const auto& [key, value] : b.items) by_key.emplace(typed_key(key), &value);
  return std::ranges::all_of(a.items, [&](const auto& item) {
    const auto found = by_key.find(typed_key(item.first));
    return found != by_key.end() && equal(item.second, *found->second, options);
  });
}

}  // namespace

std::optional<Decimal> decimal_of(const Number& number) {
  std::string_view text = number.text;
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  const std::size_t dot = std::min(text.find('.'), text.size());
  out.digits = text.substr(0, dot);
  if (dot < text.size()) out.digits += text.substr(dot + 1);
  const std::size_t leading = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, leading);
  out.exponent = *exponent + static_cast<std::int64_t>(dot) - static_cast<std::int64_t>(leading);
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  return out.digits.empty() ? Decimal{} : out;
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& d) { return d.digits.empty() ? 0 : d.negative ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) <=> sign(b);
  const auto magnitude = a.exponent != b.exponent ? a.exponent <=> b.exponent : a.digits.compare(b.digits) <=> 0;
  return sign(a) < 0 ? 0 <=> magnitude : magnitude;
}

std::string python_key(const Value& value) {
  std::string out;
  append_key(out, value);
  return out;
}

bool python_equal(const Value& a, const Value& b) { return python_key(a) == python_key(b) && !holds_nan(a); }

bool equal(const Value& a, const Value& b, const CompareOptions& options) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (const Number *x = a.if_number(), *y = b.if_number(); x && y) return numbers_equal(*x, *y, options);
  if (const Value::List *x = a.if_list(), *y = b.if_list(); x && y) return lists_equal(*x, *y, options);
  if (const Value::Dict *x = a.if_dict(), *y = b.if_dict(); x && y) return dicts_equal(*x, *y, options);
  return a == b;
}

}  // namespace xrouter::grade
