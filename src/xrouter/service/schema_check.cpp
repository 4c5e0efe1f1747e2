#include "xrouter/service/schema_check.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <string_view>

namespace xrouter::service {
namespace {

namespace bj = boost::json;

// Pairs of a value and a schema that are compared; more than any sensible answer needs.
constexpr int kMaxSteps = 1'000'000;

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }

// 1.0 is an integer to JSON Schema.
bool is_integer(const bj::value& value) {
  return value.is_int64() || value.is_uint64() || (value.is_double() && std::trunc(value.get_double()) == value.get_double());
}

bool has_type(const bj::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  return type != "integer" || is_integer(value);
}

// 1 and 1.0 are the same number.
bool same(const bj::value& left, const bj::value& right) {
  const bool mixed = left.is_number() && right.is_number() && left.is_double() != right.is_double();
  return mixed ? left.to_number<double>() == right.to_number<double>() : left == right;
}

class Check {
 public:
  bool follows(const bj::value& value, const bj::value& schema) {
    if (schema.is_bool()) return schema.get_bool();
    if (!schema.is_object() || ++steps_ > kMaxSteps) return true;
    const bj::object& rules = schema.get_object();
    return type_fits(value, rules) && is_listed(value, rules) && object_fits(value, rules) && items_fit(value, rules) && any_fits(value, rules);
  }

 private:
  static bool type_fits(const bj::value& value, const bj::object& rules) {
    const bj::value* type = rules.if_contains("type");
    if (!type) return true;
    if (type->is_string()) return has_type(value, view(type->get_string()));
    if (!type->is_array()) return true;
    return std::ranges::any_of(type->get_array(), [&](const bj::value& each) { return !each.is_string() || has_type(value, view(each.get_string())); });
  }

  bool is_listed(const bj::value& value, const bj::object& rules) {
    const bj::value* only = rules.if_contains("const");
    if (only && !same(value, *only)) return false;
    const bj::value* list = rules.if_contains("enum");
    if (!list || !list->is_array()) return true;
    steps_ += static_cast<int>(std::min<std::size_t>(list->get_array().size(), kMaxSteps));
    return steps_ > kMaxSteps || std::ranges::any_of(list->get_array(), [&](const bj::value& each) { return same(value, each); });
  }

  bool object_fits(const bj::value& value, const bj::object& rules) {
    if (!value.is_object()) return true;
    const bj::object& object = value.get_object();
    if (const bj::value* required = rules.if_contains("required"); required && required->is_array())
      for (const bj::value& name : required->get_array())
        if (name.is_string() && !object.contains(name.get_string())) return false;
    const bj::value* declared = rules.if_contains("properties");
    const bj::object* properties = declared ? declared->if_object() : nullptr;
    const bj::value* more = rules.if_contains("additionalProperties");
    const bool closed = more && more->is_bool() && !more->get_bool() && !rules.contains("patternProperties");
    return std::ranges::all_of(object, [&](const auto& member) {
      const bj::value* schema = properties ? properties->if_contains(member.key()) : nullptr;
      return schema ? follows(member.value(), *schema) : !closed;
    });
  }

  bool items_fit(const bj::value& value, const bj::object& rules) {
    const bj::value* items = rules.if_contains("items");
    // The old list form of `items` goes by position, and prefixItems takes the first ones away.
    if (!items || !value.is_array() || items->is_array() || rules.contains("prefixItems")) return true;
    return std::ranges::all_of(value.get_array(), [&](const bj::value& each) { return follows(each, *items); });
  }

  bool any_fits(const bj::value& value, const bj::object& rules) {
    const bj::value* branches = rules.if_contains("anyOf");
    if (!branches || !branches->is_array()) return true;
    return std::ranges::any_of(branches->get_array(), [&](const bj::value& each) { return follows(value, each); });
  }

  int steps_ = 0;
};

}  // namespace

bool follows_schema(const bj::value& value, const bj::value& schema) { return Check().follows(value, schema); }

}  // namespace xrouter::service
