// Test support: random JSON Schemas of the supported kind, most of which some value fits.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "xrouter/base/rng.hpp"

namespace xrouter::grammar {

class RandomSchema {
 public:
  explicit RandomSchema(Rng rng) : rng_(rng) {}

  /// A whole document, sometimes with definitions that refer to themselves.
  boost::json::object document() {
    has_definitions_ = rng_.chance(0.4);
    boost::json::object root = schema(3);
    if (!has_definitions_) return root;
    boost::json::object tree = {{"type", "object"},
                                {"properties", {{"value", schema(1)}, {"left", {{"$ref", "#/$defs/tree"}}}, {"right", {{"anyOf", {{{"$ref", "#/$defs/tree"}}, {{"type", "null"}}}}}}}},
                                {"required", {"value"}}};
    root["$defs"] = {{"tree", tree}, {"list", {{"type", "array"}, {"items", {{"$ref", "#/$defs/tree"}}}, {"maxItems", 2}}}};
    return root;
  }

 private:
  using Object = boost::json::object;

  bool chance(double probability) { return rng_.chance(probability); }
  std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(bound))); }
  template <class T>
  T one_of(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(below(static_cast<std::int64_t>(values.size())))];
  }

  Object schema(int depth) {
    if (has_definitions_ && chance(0.1)) return {{"$ref", one_of<const char*>({"#/$defs/tree", "#/$defs/list"})}};
    switch (below(depth > 0 ? 12 : 7)) {
      case 0:
        return {{"type", one_of<const char*>({"null", "boolean", "boolean"})}, {"description", "says nothing"}};
      case 1:
        return number("integer");
      case 2:
        return number("number");
      case 3:
      case 4:
        return string();
      case 5:
        return listed();
      case 6:
        return several_types();
      case 7:
        return array(depth);
      case 8:
        return combined(depth);
      default:
        return object(depth);
    }
  }

  Object number(const char* type) {
    Object rules = {{"type", type}};
    const bool whole = type == std::string_view("integer") || chance(0.3);
    const double low = whole ? static_cast<double>(below(400) - 200) : static_cast<double>(below(4000) - 2000) / 16.0;
    const double high = low + static_cast<double>(below(300)) + 1.0;
    const auto bound = [&](double value) { return whole ? boost::json::value(static_cast<std::int64_t>(value)) : boost::json::value(value); };
    if (chance(0.4)) rules[one_of<const char*>({"minimum", "exclusiveMinimum"})] = bound(low);
    if (chance(0.4)) rules[one_of<const char*>({"maximum", "exclusiveMaximum"})] = bound(high);
    return rules;
  }

  Object string() {
    Object rules = {{"type", "string"}};
    switch (below(5)) {
      case 0:
        rules["pattern"] = one_of<const char*>({"^[a-z]{2,5}$", "^(foo|bar)+", "[0-9]$", "^\\d{3}-\\d{4}$", "é|\\\"", "^[^\\s]{1,8}$", "^.{0,6}$", "a.c"});
        break;
      case 1:
        rules["format"] = one_of<const char*>({"date", "date-time", "uuid", "email", "ipv4"});
        break;
      case 2:
        rules["minLength"] = below(6);
        rules["maxLength"] = 5 + below(20);
        break;
      case 3:
        rules["maxLength"] = below(8);
        break;
      default:
        break;
    }
    if (rules.contains("pattern") && chance(0.2)) rules["minLength"] = below(3);
    return rules;
  }

  boost::json::value constant() {
    const std::vector<boost::json::value> values = {nullptr, true, 0, -17, 2.5, 1e30, "", "alpha", "beta \"quoted\"", "日本", boost::json::array{1, "two"}, Object{{"k", boost::json::array{}}}};
    return one_of(values);
  }
  Object listed() {
    if (chance(0.3)) return {{"const", constant()}};
    boost::json::array values;
    for (std::int64_t i = below(5) + 1; i > 0; --i) values.push_back(constant());
    return {{"enum", values}};
  }
  Object several_types() {
    boost::json::array types = {"null"};
    types.push_back(one_of<const char*>({"string", "integer", "boolean", "number"}));
    return {{"type", types}};
  }

  Object array(int depth) {
    Object rules = {{"type", "array"}};
    if (chance(0.7)) rules["items"] = schema(depth - 1);
    if (chance(0.2)) {
      boost::json::array prefix;
      for (std::int64_t i = below(3) + 1; i > 0; --i) prefix.push_back(schema(depth - 1));
      rules["prefixItems"] = prefix;
    }
    const std::int64_t least = below(3);
    if (chance(0.4)) rules["minItems"] = least;
    if (chance(0.5)) rules["maxItems"] = least + below(3);
    return rules;
  }

  Object object(int depth) {
    Object properties;
    boost::json::array required;
    for (std::int64_t i = below(5); i > 0; --i) {
      const std::string name = one_of<const char*>({"name", "model", "prompt", "max tokens", "näme", "quo\"te", "a", "ab", "temperature"});
      properties[name] = schema(depth - 1);
      if (chance(0.5)) required.emplace_back(name);
    }
    Object rules = {{"type", "object"}, {"properties", properties}, {"required", required}};
    if (chance(0.3)) rules["additionalProperties"] = false;
    else if (chance(0.2)) rules["additionalProperties"] = chance(0.5) ? boost::json::value(true) : boost::json::value(schema(0));
    return rules;
  }

  Object combined(int depth) {
    boost::json::array parts;
    switch (below(3)) {
      case 0:
        for (std::int64_t i = below(3) + 1; i > 0; --i) parts.push_back(schema(depth - 1));
        return {{"anyOf", parts}};
      case 1:
        for (const char* kind : {"circle", "square"}) {
          Object tagged = object(depth - 1);
          tagged["properties"].as_object()["kind"] = Object{{"const", kind}};
          tagged["required"].as_array().push_back("kind");
          parts.push_back(tagged);
        }
        return {{"oneOf", parts}};
      default: {
        Object open = object(depth - 1);
        open.erase("additionalProperties");
        parts.push_back(open);
        parts.push_back(Object{{"type", "object"}, {"properties", {{"extra", schema(0)}}}, {"required", {"extra"}}});
        return {{"allOf", parts}};
      }
    }
  }

  Rng rng_;
  bool has_definitions_ = false;
};

}  // namespace xrouter::grammar
