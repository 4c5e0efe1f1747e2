#include "xrouter/service/schema_check.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <map>
#include <string_view>

#include "xrouter/service/text_pattern.hpp"

namespace xrouter::service {
namespace {

namespace bj = boost::json;

// Pairs of a value and a schema that are compared; more than any sensible answer needs.
constexpr std::size_t kMaxSteps = 300'000;
constexpr std::size_t kStepsPerMatch = 5'000;  // a search may take that long
constexpr int kMaxDepth = 200;                 // values nest at most 64 deep; the rest is for references

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

// Wide enough for every integer and every double of a JSON value.
long double number_of(const bj::value& value) {
  if (value.is_int64()) return static_cast<long double>(value.get_int64());
  if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
  return static_cast<long double>(value.get_double());
}

// 1 and 1.0 are the same number.
bool same(const bj::value& left, const bj::value& right) {
  return left.is_number() && right.is_number() ? number_of(left) == number_of(right) : left == right;
}

// A limit that is present and a number.
const bj::value* limit_of(const bj::object& rules, std::string_view name) {
  const bj::value* limit = rules.if_contains(name);
  return limit && limit->is_number() ? limit : nullptr;
}

bool within(long double amount, const bj::object& rules, std::string_view least, std::string_view most) {
  const bj::value* low = limit_of(rules, least);
  const bj::value* high = limit_of(rules, most);
  return !(low && amount < number_of(*low)) && !(high && amount > number_of(*high));
}

std::size_t characters_in(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool type_fits(const bj::value& value, const bj::object& rules) {
  const bj::value* type = rules.if_contains("type");
  if (!type) return true;
  if (type->is_string()) return has_type(value, view(type->get_string()));
  if (!type->is_array()) return true;
  return std::ranges::any_of(type->get_array(), [&](const bj::value& each) { return !each.is_string() || has_type(value, view(each.get_string())); });
}

bool number_fits(const bj::value& value, const bj::object& rules) {
  if (!value.is_number()) return true;
  const long double number = number_of(value);
  const bj::value* above = limit_of(rules, "exclusiveMinimum");
  const bj::value* below = limit_of(rules, "exclusiveMaximum");
  const bool inside = !(above && number <= number_of(*above)) && !(below && number >= number_of(*below));
  return inside && within(number, rules, "minimum", "maximum");
}

class Check {
 public:
  explicit Check(const bj::value& root) : root_(root) {}

  bool follows(const bj::value& value, const bj::value& schema) {
    if (schema.is_bool()) return schema.get_bool();
    if (!schema.is_object() || ++steps_ > kMaxSteps || depth_ >= kMaxDepth) return true;
    ++depth_;
    const bool fits = follows_rules(value, schema.get_object());
    --depth_;
    return fits;
  }

 private:
  bool follows_rules(const bj::value& value, const bj::object& rules) {
    const bj::value* reference = rules.if_contains("$ref");
    if (reference && reference->is_string()) return follows_reference(value, view(reference->get_string()));
    return type_fits(value, rules) && is_listed(value, rules) && number_fits(value, rules) && text_fits(value, rules) && object_fits(value, rules) &&
           array_fits(value, rules) && branches_fit(value, rules);
  }

  // "#", "#/$defs/name"; other documents, anchors and escapes in the fragment are not looked up.
  bool follows_reference(const bj::value& value, std::string_view reference) {
    const bool local = reference == "#" || reference.starts_with("#/");
    if (!local || reference.find('%') != std::string_view::npos) return true;
    std::error_code nowhere;
    const bj::value* target = root_.find_pointer(reference.substr(1), nowhere);
    return !target || follows(value, *target);
  }

  bool is_listed(const bj::value& value, const bj::object& rules) {
    const bj::value* only = rules.if_contains("const");
    if (only && !same(value, *only)) return false;
    const bj::value* list = rules.if_contains("enum");
    if (!list || !list->is_array()) return true;
    return !spend(list->get_array().size()) || std::ranges::any_of(list->get_array(), [&](const bj::value& each) { return same(value, each); });
  }

  bool text_fits(const bj::value& value, const bj::object& rules) {
    if (!value.is_string()) return true;
    const std::string_view text = view(value.get_string());
    if (!within(static_cast<long double>(characters_in(text)), rules, "minLength", "maxLength")) return false;
    const bj::value* pattern = rules.if_contains("pattern");
    return !pattern || !pattern->is_string() || matches(text, view(pattern->get_string())).value_or(true);
  }

  bool object_fits(const bj::value& value, const bj::object& rules) {
    if (!value.is_object()) return true;
    const bj::object& object = value.get_object();
    if (const bj::value* required = rules.if_contains("required"); required && required->is_array())
      for (const bj::value& name : required->get_array())
        if (name.is_string() && !object.contains(name.get_string())) return false;
    const bj::value* declared = rules.if_contains("properties");
    const bj::object* properties = declared ? declared->if_object() : nullptr;
    return std::ranges::all_of(object, [&](const auto& member) { return member_fits(member.key(), member.value(), properties, rules); });
  }

  bool member_fits(std::string_view name, const bj::value& value, const bj::object* properties, const bj::object& rules) {
    const bj::value* own = properties ? properties->if_contains(name) : nullptr;
    if (own && !follows(value, *own)) return false;
    bool covered = own != nullptr;
    const bj::value* patterns = rules.if_contains("patternProperties");
    if (patterns && patterns->is_object()) {
      for (const auto& [pattern, schema] : patterns->get_object()) {
        const std::optional<bool> matched = matches(name, pattern);
        if (matched.value_or(false) && !follows(value, schema)) return false;
        covered = covered || matched.value_or(true);  // where nobody knows, it may be allowed
      }
    }
    const bj::value* others = rules.if_contains("additionalProperties");
    return covered || !others || follows(value, *others);
  }

  bool array_fits(const bj::value& value, const bj::object& rules) {
    if (!value.is_array()) return true;
    const bj::array& array = value.get_array();
    if (!within(static_cast<long double>(array.size()), rules, "minItems", "maxItems")) return false;
    const bj::value* unique = rules.if_contains("uniqueItems");
    if (unique && unique->is_bool() && unique->get_bool() && has_twins(array)) return false;
    const bj::value* items = rules.if_contains("items");
    // The old list form of `items` goes by position, and prefixItems takes the first ones away.
    if (!items || items->is_array() || rules.contains("prefixItems")) return true;
    return std::ranges::all_of(array, [&](const bj::value& each) { return follows(each, *items); });
  }

  bool has_twins(const bj::array& array) {
    for (std::size_t i = 1; i < array.size(); ++i) {
      if (!spend(i)) return false;
      for (std::size_t j = 0; j < i; ++j)
        if (same(array[i], array[j])) return true;
    }
    return false;
  }

  bool branches_fit(const bj::value& value, const bj::object& rules) {
    const auto fits = [&](const bj::value& branch) { return follows(value, branch); };
    const auto branches = [&](std::string_view name) {
      const bj::value* found = rules.if_contains(name);
      return found ? found->if_array() : nullptr;
    };
    if (const bj::array* all = branches("allOf"); all && !std::ranges::all_of(*all, fits)) return false;
    if (const bj::array* any = branches("anyOf"); any && !std::ranges::any_of(*any, fits)) return false;
    // A second one that seems to fit may not: what is not known counts as fulfilled.
    const bj::array* one = branches("oneOf");
    return !one || std::ranges::any_of(*one, fits);
  }

  std::optional<bool> matches(std::string_view text, std::string_view pattern) {
    if (!spend(kStepsPerMatch)) return std::nullopt;
    auto known = patterns_.find(pattern);
    if (known == patterns_.end()) known = patterns_.emplace(pattern, TextPattern::compile(pattern)).first;
    return known->second ? known->second->found_in(text) : std::nullopt;
  }

  /// False when all steps are used up.
  bool spend(std::size_t steps) {
    steps_ += std::min(steps, kMaxSteps);
    return steps_ <= kMaxSteps;
  }

  const bj::value& root_;
  std::map<std::string_view, std::optional<TextPattern>> patterns_;  // texts of the schema
  std::size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace

bool follows_schema(const bj::value& value, const bj::value& schema) { return Check(schema).follows(value, schema); }

}  // namespace xrouter::service
