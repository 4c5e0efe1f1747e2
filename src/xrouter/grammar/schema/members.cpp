#include "xrouter/grammar/schema/members.hpp"

#include <algorithm>
#include <set>

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

const bj::object* properties_of(Schema rule) {
  const bj::value* properties = rule->get_object().if_contains("properties");
  return properties ? &properties->get_object() : nullptr;
}

}  // namespace

std::vector<Schema> schemas_of_member(const Conjunction& rules, std::string_view name) {
  std::vector<Schema> schemas;
  for (Schema rule : rules.rules) {
    const bj::object* properties = properties_of(rule);
    const bj::value* own = properties ? properties->if_contains(name) : nullptr;
    const bj::value* others = rule->get_object().if_contains("additionalProperties");
    if (own || others) schemas.push_back(own ? own : others);
  }
  return schemas;
}

std::vector<Schema> schemas_of_free_member(const Conjunction& rules) {
  std::vector<Schema> schemas;
  for (Schema rule : rules.rules)
    if (const bj::value* others = rule->get_object().if_contains("additionalProperties")) schemas.push_back(others);
  return schemas;
}

std::vector<Schema> schemas_of_item(const Conjunction& rules, std::size_t position) {
  std::vector<Schema> schemas;
  for (Schema rule : rules.rules) {
    const bj::value* prefix = rule->get_object().if_contains("prefixItems");
    const bj::value* items = rule->get_object().if_contains("items");
    if (prefix && position < prefix->get_array().size())
      schemas.push_back(&prefix->get_array()[position]);
    else if (items)
      schemas.push_back(items);
  }
  return schemas;
}

std::vector<std::string_view> required_names(const Conjunction& rules) {
  std::vector<std::string_view> names;
  for (Schema rule : rules.rules)
    if (const bj::value* required = rule->get_object().if_contains("required"))
      for (const bj::value& name : required->get_array()) names.push_back(name.get_string());
  return names;
}

std::vector<std::string_view> known_names(const Conjunction& rules) {
  std::vector<std::string_view> names;
  std::set<std::string_view> seen;
  const auto add = [&](std::string_view name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (Schema rule : rules.rules)
    if (const bj::object* properties = properties_of(rule))
      for (const auto& member : *properties) add(member.key());
  for (const std::string_view name : required_names(rules)) add(name);
  return names;
}

bool is_open(const Conjunction& rules) {
  return std::ranges::all_of(rules.rules, [](Schema rule) {
    const bj::object* properties = properties_of(rule);
    return !properties || properties->empty() || rule->get_object().contains("additionalProperties");
  });
}

std::size_t positions_of(const Conjunction& rules) {
  std::size_t most = 0;
  for (Schema rule : rules.rules)
    if (const bj::value* prefix = rule->get_object().if_contains("prefixItems")) most = std::max(most, prefix->get_array().size());
  return most;
}

}  // namespace xrouter::grammar
