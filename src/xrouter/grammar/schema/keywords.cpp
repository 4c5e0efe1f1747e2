#include "xrouter/grammar/schema/keywords.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "xrouter/grammar/schema/conjunction.hpp"
#include "xrouter/grammar/schema/formats.hpp"
#include "xrouter/grammar/schema/number_dfa.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

enum class Form { anything, text, flag, count, number, names, types, schema, schema_list, schema_map, list, never };

struct Keyword {
  std::string_view name;
  Form form;
};

constexpr Keyword kKeywords[] = {
    // Say nothing about the value.
    {"title", Form::anything}, {"description", Form::anything}, {"default", Form::anything}, {"example", Form::anything}, {"examples", Form::anything},
    {"$comment", Form::anything}, {"$schema", Form::anything}, {"$id", Form::anything}, {"deprecated", Form::anything}, {"readOnly", Form::anything},
    {"writeOnly", Form::anything}, {"$defs", Form::schema_map}, {"definitions", Form::schema_map},
    // Say something.
    {"type", Form::types}, {"nullable", Form::flag}, {"enum", Form::list}, {"const", Form::anything}, {"$ref", Form::text},
    {"allOf", Form::schema_list}, {"anyOf", Form::schema_list}, {"oneOf", Form::schema_list}, {"properties", Form::schema_map}, {"required", Form::names},
    {"additionalProperties", Form::schema}, {"items", Form::schema}, {"prefixItems", Form::schema_list}, {"minItems", Form::count}, {"maxItems", Form::count},
    {"minLength", Form::count}, {"maxLength", Form::count}, {"pattern", Form::text}, {"format", Form::text}, {"minimum", Form::number},
    {"maximum", Form::number}, {"exclusiveMinimum", Form::number}, {"exclusiveMaximum", Form::number},
};

bool is_count(const bj::value& value) {
  if (value.is_int64()) return value.get_int64() >= 0;
  return value.is_uint64() || (value.is_double() && value.get_double() >= 0 && value.get_double() == std::trunc(value.get_double()));
}

bool is_schema(const bj::value& value) { return value.is_object() || value.is_bool(); }
bool is_false(const bj::value& value) { return value.is_bool() && !value.get_bool(); }
bool is_zero(const bj::value& value) { return value.is_number() && value.to_number<double>() == 0; }
bool is_one(const bj::value& value) { return value.is_number() && value.to_number<double>() == 1; }

constexpr std::array<std::pair<std::string_view, TypeSet>, 7> kTypes = {{{"null", kNull},
                                                                        {"boolean", kBoolean},
                                                                        {"integer", kInteger},
                                                                        {"number", kInteger | kNumber},
                                                                        {"string", kString},
                                                                        {"array", kArray},
                                                                        {"object", kObject}}};

TypeSet type_named(const bj::value& name) {
  if (!name.is_string()) return 0;
  const auto* found = std::ranges::find(kTypes, std::string_view(name.get_string()), &std::pair<std::string_view, TypeSet>::first);
  return found == kTypes.end() ? 0 : found->second;
}

KeywordFault fault_of_form(Form form, const bj::value& value) {
  const auto unless = [](bool fine, const char* why) { return fine ? KeywordFault{} : KeywordFault(why); };
  const auto all_of = [](const bj::value& list, auto&& test) { return list.is_array() && std::ranges::all_of(list.get_array(), test); };
  switch (form) {
    case Form::anything:
      return {};
    case Form::text:
      return unless(value.is_string(), "must be a string");
    case Form::flag:
      return unless(value.is_bool(), "must be true or false");
    case Form::count:
      return unless(is_count(value), "must be a whole number, at least 0");
    case Form::number:
      return unless(value.is_number(), "must be a number");
    case Form::names:
      return unless(all_of(value, [](const bj::value& each) { return each.is_string(); }), "must be a list of names");
    case Form::types:
      return unless(type_named(value) != 0 || (all_of(value, [](const bj::value& each) { return type_named(each) != 0; }) && !value.get_array().empty()),
                    "must be a type of JSON Schema or a list of these");
    case Form::schema:
      return unless(is_schema(value), "must be a schema");
    case Form::schema_list:
      return unless(all_of(value, is_schema) && !value.get_array().empty(), "must be a list of schemas");
    case Form::schema_map:
      return unless(value.is_object() && std::ranges::all_of(value.get_object(), [](const auto& member) { return is_schema(member.value()); }),
                    "must be an object of schemas");
    case Form::list:
      return unless(value.is_array() && !value.get_array().empty(), "must be a list of at least one value");
    case Form::never:
      break;
  }
  return "is not supported";
}

// Keywords that are not supported but say nothing with these values.
bool says_nothing(std::string_view keyword, const bj::value& value, const bj::object& rules) {
  if (keyword == "uniqueItems") {
    const bj::value* most = rules.if_contains("maxItems");
    return is_false(value) || (value.is_bool() && most && (is_zero(*most) || is_one(*most)));
  }
  if (keyword == "minProperties" || keyword == "minContains") return is_zero(value);
  if (keyword == "patternProperties" || keyword == "dependentRequired" || keyword == "dependentSchemas" || keyword == "dependencies")
    return value.is_object() && value.get_object().empty();
  if (keyword == "unevaluatedProperties" || keyword == "unevaluatedItems" || keyword == "propertyNames" || keyword == "additionalItems")
    return (value.is_bool() && value.get_bool()) || (value.is_object() && value.get_object().empty());
  if (keyword == "not") return is_false(value);
  if (keyword == "multipleOf") return is_one(value) && types_of(rules) == kInteger;
  return false;
}

}  // namespace

KeywordFault fault_of(std::string_view keyword, const bj::value& value, const bj::object& rules) {
  const auto* found = std::ranges::find(kKeywords, keyword, &Keyword::name);
  if (found != std::end(kKeywords)) {
    KeywordFault fault = fault_of_form(found->form, value);
    if (!fault && keyword == "format" && !is_known_format(value.get_string())) return "this format is not supported";
    return fault;
  }
  // Before `type` is known to be well formed nothing else is asked of it.
  const bj::value* type = rules.if_contains("type");
  if (type && fault_of_form(Form::types, *type)) return "is not supported";
  if (says_nothing(keyword, value, rules)) return {};
  return "is not supported";
}

TypeSet types_of(const bj::object& rules) {
  TypeSet types = kAllTypes;
  if (const bj::value* type = rules.if_contains("type")) {
    types = type_named(*type);
    if (type->is_array())
      for (const bj::value& each : type->get_array()) types |= type_named(each);
  }
  const bj::value* nullable = rules.if_contains("nullable");
  return nullable && nullable->is_bool() && nullable->get_bool() ? types | kNull : types;
}

TypeSet types_of(const Conjunction& conjunction) {
  TypeSet types = kAllTypes;
  for (Schema rule : conjunction.rules) types &= types_of(rule->get_object());
  return types;
}

TypeSet type_of(const bj::value& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBoolean;
  if (value.is_string()) return kString;
  if (value.is_array()) return kArray;
  if (value.is_object()) return kObject;
  return value.is_double() && value.get_double() != std::trunc(value.get_double()) ? kNumber : kInteger;
}

std::vector<const bj::value*> listed_values(const bj::object& rules) {
  std::vector<const bj::value*> values;
  if (const bj::value* only = rules.if_contains("const")) return {only};
  if (const bj::value* list = rules.if_contains("enum"))
    for (const bj::value& each : list->get_array()) values.push_back(&each);
  return values;
}

bool same_json(const bj::value& left, const bj::value& right) {
  if (left.is_number() && right.is_number()) return compare(*decimal_of(left), *decimal_of(right)) == 0;
  if (left.kind() != right.kind()) return false;
  if (const bj::array* array = left.if_array()) return std::ranges::equal(*array, right.get_array(), same_json);
  const bj::object* object = left.if_object();
  if (!object) return left == right;
  const bj::object& other = right.get_object();
  return object->size() == other.size() && std::ranges::all_of(*object, [&](const auto& member) {
           const bj::value* found = other.if_contains(member.key());
           return found && same_json(member.value(), *found);
         });
}

}  // namespace xrouter::grammar
