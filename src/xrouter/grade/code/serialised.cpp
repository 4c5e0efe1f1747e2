#include "xrouter/grade/code/serialised.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::code {
namespace {

using Kind = Expectation::Kind;

constexpr ValueLimits kLimits{.max_depth = 200};
// A serialised opaque object, bytes or complex number becomes a dict with this key, which no plain
// value has: dicts are decoded from lists of pairs.
constexpr const char* kForeign = "\x01";

tl::unexpected<Error> malformed() { return fail(ErrorKind::invalid_request, "a serialised value is malformed"); }

Result<std::vector<Value>> read_items(const Value& tagged) {
  const Value::List* list = tagged.if_list();
  if (!list) return malformed();
  std::vector<Value> items;
  for (const Value& item : list->items) {
    auto read = read_serialised(item);
    if (!read) return tl::unexpected(read.error());
    items.push_back(std::move(*read));
  }
  return items;
}

Result<Value> read_list(const Value& tagged, ListKind kind) {
  auto items = read_items(tagged);
  if (!items) return tl::unexpected(items.error());
  return Value::List{kind, std::move(*items)};
}

Result<Value> read_dict(const Value& tagged) {
  auto pairs = read_items(tagged);
  if (!pairs) return tl::unexpected(pairs.error());
  Value::Dict dict;
  for (const Value& pair : *pairs) {
    const Value::List* both = pair.if_list();
    if (!both || both->items.size() != 2) return malformed();
    dict.items.emplace_back(both->items[0], both->items[1]);
  }
  return dict;
}

Result<Value> read_float(const Value& text) {
  const std::string* repr = text.if_string();
  if (!repr) return malformed();
  const bool is_special = *repr == "inf" || *repr == "-inf" || *repr == "nan";
  // Only the grammar of a float's repr; the digits themselves are read by Number.
  if (!is_special && (repr->empty() || repr->find_first_not_of("0123456789+-.e") != repr->npos)) return malformed();
  const bool has_fraction = is_special || repr->find_first_of(".e") != repr->npos;
  return Number{has_fraction ? *repr : *repr + ".0"};
}

bool is_foreign(const Value& value) { return value.find(kForeign) != nullptr; }

bool contains_foreign_object(const Value& value) {
  if (const Value* tag = value.find(kForeign)) return *tag == Value(std::string(kOpaqueTag));
  if (const auto* list = value.if_list()) return std::ranges::any_of(list->items, contains_foreign_object);
  if (const auto* dict = value.if_dict()) {
    return std::ranges::any_of(
        dict->items, [](const auto& item) { return contains_foreign_object(item.first) || contains_foreign_object(item.second); });
  }
  return false;
}

bool equals(const Value& result, const Value& wanted) { return !contains_foreign_object(result) && python_equal(result, wanted); }

std::optional<double> real(const Value& value) {
  if (const bool* flag = value.if_bool()) return *flag ? 1.0 : 0.0;
  const Number* number = value.if_number();
  if (!number) return std::nullopt;
  return number->to_double();
}

bool is_float(const Value& value) { return value.if_number() && !value.if_number()->is_integer(); }

bool numbers_close(const Value& a, const Value& b, double rel_tol, double abs_tol) {
  const auto x = real(a);
  const auto y = real(b);
  if (!x || !y) return false;
  if (!is_float(a) && !is_float(b) && abs_tol < 1 && rel_tol == 0) return python_equal(a, b);
  if (!std::isfinite(*x) || !std::isfinite(*y)) return *x == *y;
  return std::abs(*x - *y) <= std::max(abs_tol, rel_tol * std::max(std::abs(*x), std::abs(*y)));
}

bool deep_close(const Value& a, const Value& b, double tolerance) {
  if (is_float(a) || is_float(b)) return numbers_close(a, b, tolerance, tolerance);
  const auto* x = a.if_list();
  const auto* y = b.if_list();
  if (!x || !y || x->kind == ListKind::set || y->kind == ListKind::set) return equals(a, b);
  return std::ranges::equal(x->items, y->items, [&](const Value& p, const Value& q) { return deep_close(p, q, tolerance); });
}

// As numpy.allclose with the second argument as reference, for one shape.
bool array_close(const Value& a, const Value& b, double rel_tol, double abs_tol) {
  const auto* x = a.if_list();
  const auto* y = b.if_list();
  if (x && y)
    return std::ranges::equal(x->items, y->items, [&](const Value& p, const Value& q) { return array_close(p, q, rel_tol, abs_tol); });
  const auto p = real(a);
  const auto q = real(b);
  if (x || y || !p || !q) return false;
  if (!std::isfinite(*p) || !std::isfinite(*q)) return *p == *q;
  return std::abs(*p - *q) <= abs_tol + rel_tol * std::abs(*q);
}

bool is_floats(const Value& value) {
  if (const auto* list = value.if_list()) return !list->items.empty() && std::ranges::all_of(list->items, is_float);
  return is_float(value);
}

// Exact where no tolerance is given and no floats are expected; an own tolerance of 1e-6 for floats.
bool evalplus_equal(const Value& result, const Expectation& expectation) {
  if (equals(result, expectation.wanted)) return true;
  const double abs_tol = expectation.abs_tol == 0 && is_floats(expectation.wanted) ? 1e-6 : expectation.abs_tol;
  if (abs_tol == 0) return false;
  const bool same_type = is_float(result) == is_float(expectation.wanted) && !result.if_list() == !expectation.wanted.if_list();
  return same_type && array_close(result, expectation.wanted, expectation.rel_tol, abs_tol);
}

bool is_truthy(const Value& value) {
  if (value.is_null()) return false;
  if (const auto number = real(value)) return *number != 0;
  if (const auto* text = value.if_string()) return !text->empty();
  if (const auto* list = value.if_list()) return !list->items.empty();
  // An object of a class of its own may say what it likes about its truth.
  if (is_foreign(value)) return false;
  return !value.if_dict()->items.empty();
}

bool is_one_of(const Value& result, const Value& wanted) {
  const auto* list = wanted.if_list();
  return list && std::ranges::any_of(list->items, [&](const Value& item) { return equals(result, item); });
}

struct NamedKind {
  std::string_view name;
  Kind kind;
};
constexpr std::array kKinds = {
    NamedKind{"equal", Kind::equal},       NamedKind{"differs", Kind::differs}, NamedKind{"is", Kind::is},
    NamedKind{"truthy", Kind::truthy},     NamedKind{"falsy", Kind::falsy},     NamedKind{"one_of", Kind::one_of},
    NamedKind{"close", Kind::close},       NamedKind{"deep", Kind::deep},       NamedKind{"array", Kind::array},
    NamedKind{"evalplus", Kind::evalplus},
};

double number_or_zero(const Value* value) {
  const auto number = value ? real(*value) : std::nullopt;
  return number.value_or(0);
}

}  // namespace

Result<Value> read_serialised(std::string_view json) {
  const auto tagged = parse_json(json, kLimits);
  if (!tagged) return tl::unexpected(tagged.error());
  return read_serialised(*tagged);
}

Result<Value> read_serialised(const Value& tagged) {
  if (tagged.if_list()) return read_list(tagged, ListKind::list);
  const Value::Dict* dict = tagged.if_dict();
  if (!dict) return tagged;
  const std::string* tag = dict->items.size() == 1 ? dict->items[0].first.if_string() : nullptr;
  if (!tag) return malformed();
  const Value& content = dict->items[0].second;
  if (*tag == "t") return read_list(content, ListKind::tuple);
  if (*tag == "s") return read_list(content, ListKind::set);
  if (*tag == "d") return read_dict(content);
  if (*tag == "f") return read_float(content);
  if (*tag != "b" && *tag != "c" && *tag != kOpaqueTag) return malformed();
  Value::Dict foreign;
  foreign.items.emplace_back(kForeign, *tag);
  foreign.items.emplace_back("value", content);
  return foreign;
}

Result<Expectation> read_expectation(const Value& json) {
  const auto text = [&](std::string_view name) {
    const Value* field = json.find(name);
    return field ? field->if_string() : nullptr;
  };
  const std::string* kind = text("kind");
  const std::string* view = text("via");
  const std::string* wanted = text("value");
  if (!kind || !view || !wanted) return malformed();
  const auto known = std::ranges::find(kKinds, *kind, &NamedKind::name);
  auto value = read_serialised(std::string_view(*wanted));
  if (known == kKinds.end() || !value) return malformed();
  return Expectation{known->kind, *view, std::move(*value), number_or_zero(json.find("rel")), number_or_zero(json.find("abs"))};
}

bool meets(const Value& result, const Expectation& expectation) {
  switch (expectation.kind) {
    case Kind::equal:
      return equals(result, expectation.wanted);
    case Kind::differs:
      return !contains_foreign_object(result) && !python_equal(result, expectation.wanted);
    case Kind::is:
      return result == expectation.wanted;
    case Kind::truthy:
      return is_truthy(result);
    case Kind::falsy:
      return !is_truthy(result) && !is_foreign(result);
    case Kind::one_of:
      return is_one_of(result, expectation.wanted);
    case Kind::close:
      return numbers_close(result, expectation.wanted, expectation.rel_tol, expectation.abs_tol);
    case Kind::deep:
      return deep_close(result, expectation.wanted, expectation.rel_tol);
    case Kind::array:
      return array_close(result, expectation.wanted, expectation.rel_tol, expectation.abs_tol);
    case Kind::evalplus:
      return evalplus_equal(result, expectation);
  }
  return false;
}

}  // namespace xrouter::grade::code
