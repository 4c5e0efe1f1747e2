#include "xrouter/grammar/schema/conjunction.hpp"

#include <algorithm>
#include <memory>

#include "xrouter/grammar/schema/keywords.hpp"
#include "xrouter/grammar/schema/members.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

constexpr std::size_t kMostAlternatives = 256;
constexpr std::size_t kMostRules = 256;      // of one alternative
constexpr std::size_t kMostWork = 400'000;   // of a whole schema

/// How a schema was reached within one value: through references and branches only.
struct Way {
  Schema schema;
  std::shared_ptr<const Way> from;
};

bool goes_in_a_circle(const std::shared_ptr<const Way>& way) {
  for (auto at = way->from; at; at = at->from)
    if (at->schema == way->schema) return true;
  return false;
}

}  // namespace

struct Conjunctions::Pending {
  std::shared_ptr<const Way> way;
};

/// An alternative in the making. What branches is taken last, so that it is copied as late as possible.
struct Conjunctions::Branch {
  Conjunction done;
  std::vector<Pending> open;
  std::vector<std::pair<const bj::array*, std::shared_ptr<const Way>>> choices;
  bool impossible = false;
};

Result<std::vector<Conjunction>> Conjunctions::of(const std::vector<Schema>& schemas) {
  std::vector<Conjunction> found;
  std::vector<Branch> branches(1);
  for (Schema schema : schemas) branches[0].open.push_back({std::make_shared<const Way>(Way{schema, nullptr})});
  while (!branches.empty()) {
    Branch branch = std::move(branches.back());
    branches.pop_back();
    while (!branch.open.empty() && !branch.impossible) {
      const Pending pending = branch.open.back();
      branch.open.pop_back();
      if (auto taken = take(pending, branch); !taken) return fail(taken.error());
    }
    if (branch.impossible) continue;
    if (branch.choices.empty()) {
      std::ranges::sort(branch.done.rules);
      found.push_back(std::move(branch.done));
    } else {
      const auto [list, way] = branch.choices.back();
      branch.choices.pop_back();
      for (std::size_t i = list->size(); i-- > 0;) {
        Branch next = branch;
        next.open.push_back({std::make_shared<const Way>(Way{&(*list)[i], way})});
        branches.push_back(std::move(next));
      }
    }
    if (found.size() + branches.size() > kMostAlternatives)
      return fail(document_.refusal(*schemas[0], "", "has more than " + std::to_string(kMostAlternatives) + " alternatives"));
  }
  return found;
}

Result<void> Conjunctions::take(const Pending& pending, Branch& branch) {
  Schema schema = pending.way->schema;
  if (++work_ > kMostWork) return fail(ErrorKind::invalid_request, "schema: too large to work out");
  if (schema->is_bool()) {
    branch.impossible = !schema->get_bool();
    return {};
  }
  if (goes_in_a_circle(pending.way)) return fail(document_.refusal(*schema, "", "refers to itself in a circle"));
  if (std::ranges::find(branch.done.rules, schema) != branch.done.rules.end()) return {};
  if (branch.done.rules.size() >= kMostRules) return fail(document_.refusal(*schema, "", "too many rules for one value"));
  if (auto fine = check_keywords(schema); !fine) return fine;
  branch.done.rules.push_back(schema);

  const bj::object& rules = schema->get_object();
  const auto add = [&](Schema next) { branch.open.push_back({std::make_shared<const Way>(Way{next, pending.way})}); };
  if (const bj::value* reference = rules.if_contains("$ref")) {
    Schema target = reference->is_string() ? document_.resolve(reference->get_string()) : nullptr;
    if (!target || (!target->is_object() && !target->is_bool())) return fail(document_.refusal(*schema, "$ref", "names nothing in this schema"));
    add(target);
  }
  if (const bj::value* all = rules.if_contains("allOf"))
    for (const bj::value& each : all->get_array()) add(&each);
  for (const char* keyword : {"anyOf", "oneOf"})
    if (const bj::value* any = rules.if_contains(keyword)) branch.choices.emplace_back(&any->get_array(), pending.way);
  return {};
}

Result<void> Conjunctions::check_keywords(Schema schema) {
  if (!checked_.emplace(schema, true).second) return {};
  if (!schema->is_object()) return fail(document_.refusal(*schema, "", "must be an object, true or false"));
  for (const auto& member : schema->get_object()) {
    const KeywordFault fault = fault_of(member.key(), member.value(), schema->get_object());
    if (fault) return fail(document_.refusal(*schema, member.key(), *fault));
  }
  const bj::value* one = schema->get_object().if_contains("oneOf");
  if (!one || one->get_array().size() < 2) return {};

  std::vector<std::vector<Conjunction>> alternatives;
  for (const bj::value& each : one->get_array()) {
    auto expanded = of({&each});
    if (!expanded) return fail(expanded.error());
    alternatives.push_back(std::move(*expanded));
  }
  for (std::size_t i = 1; i < alternatives.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (const Conjunction& left : alternatives[i])
        for (const Conjunction& right : alternatives[j]) {
          if (++work_ > kMostWork) return fail(ErrorKind::invalid_request, "schema: too large to work out");
          if (!are_disjoint(left, right))
            return fail(document_.refusal(*schema, "oneOf", "some value might fit alternatives " + std::to_string(j) + " and " + std::to_string(i) + "; use anyOf"));
        }
  return {};
}

namespace {

/// Values that a member of this name must have, by all rules; empty: any.
std::vector<const bj::value*> fixed_values(const Conjunction& rules, std::string_view name) {
  for (Schema rule : rules.rules) {
    const bj::value* properties = rule->get_object().if_contains("properties");
    const bj::value* own = properties ? properties->get_object().if_contains(name) : nullptr;
    const bj::object* object = own ? own->if_object() : nullptr;
    if (!object) continue;
    std::vector<const bj::value*> values = listed_values(*object);
    if (!values.empty()) return values;
  }
  return {};
}

bool no_common(const std::vector<const bj::value*>& left, const std::vector<const bj::value*>& right) {
  return std::ranges::none_of(left, [&](const bj::value* each) { return std::ranges::any_of(right, [&](const bj::value* other) { return same_json(*each, *other); }); });
}

std::vector<const bj::value*> all_listed(const Conjunction& rules) {
  for (Schema rule : rules.rules) {
    std::vector<const bj::value*> values = listed_values(rule->get_object());
    if (!values.empty()) return values;
  }
  return {};
}

bool is_closed_against(const Conjunction& rules, std::string_view name) {
  return std::ranges::any_of(rules.rules, [&](Schema rule) {
    const bj::value* others = rule->get_object().if_contains("additionalProperties");
    const bj::value* properties = rule->get_object().if_contains("properties");
    return others && others->is_bool() && !others->get_bool() && !(properties && properties->get_object().contains(name));
  });
}

}  // namespace

bool are_disjoint(const Conjunction& left, const Conjunction& right) {
  const TypeSet shared = types_of(left) & types_of(right);
  if (shared == 0) return true;
  const auto left_values = all_listed(left);
  const auto right_values = all_listed(right);
  if (!left_values.empty() && !right_values.empty()) return no_common(left_values, right_values);
  if (shared != kObject) return false;
  for (const std::string_view name : required_names(left)) {
    if (is_closed_against(right, name)) return true;
    const auto own = fixed_values(left, name);
    const auto other = fixed_values(right, name);
    const bool both_required = std::ranges::count(required_names(right), name) > 0;
    if (both_required && !own.empty() && !other.empty() && no_common(own, other)) return true;
  }
  return std::ranges::any_of(required_names(right), [&](std::string_view name) { return is_closed_against(left, name); });
}

}  // namespace xrouter::grammar
