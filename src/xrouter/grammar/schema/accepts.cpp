#include "xrouter/grammar/schema/accepts.hpp"

#include <algorithm>

#include "xrouter/grammar/dfa_cache.hpp"
#include "xrouter/grammar/schema/formats.hpp"
#include "xrouter/grammar/schema/keywords.hpp"
#include "xrouter/grammar/schema/limits.hpp"
#include "xrouter/grammar/schema/members.hpp"
#include "xrouter/grammar/schema/pattern.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

constexpr std::size_t kMostWork = 200'000;

bool is_listed(const Conjunction& rules, const bj::value& value) {
  return std::ranges::all_of(rules.rules, [&](Schema rule) {
    const auto values = listed_values(rule->get_object());
    return values.empty() || std::ranges::any_of(values, [&](const bj::value* each) { return same_json(*each, value); });
  });
}

bool is_within(const NumberRange& range, const bj::value& value) {
  const Decimal at = *decimal_of(value);
  const int above = range.low ? compare(at, range.low->at) : 1;
  const int below = range.high ? compare(at, range.high->at) : -1;
  return above >= 0 && below <= 0 && !(above == 0 && range.low->open) && !(below == 0 && range.high->open);
}

std::int64_t characters_in(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

bool is_between(std::int64_t count, const Conjunction& rules, std::string_view least, std::string_view most) {
  return count >= greatest_least(rules, least).value_or(0) && count <= smallest_most(rules, most).value_or(count);
}

bool is_found(const Dfa& dfa, std::string_view body) {
  if (dfa.states() == 0) return false;
  int state = dfa.start;
  for (const char c : body) {
    state = dfa.step(state, static_cast<std::uint8_t>(c));
    if (state == Dfa::kDead) return false;
  }
  return dfa.accepting[static_cast<std::size_t>(state)] != 0;
}

}  // namespace

Result<bool> Acceptance::accepts(const std::vector<Schema>& schemas, const bj::value& value) {
  if (++work_ > kMostWork) return fail(ErrorKind::invalid_request, "schema: its constants are too large to check");
  if (schemas.empty()) return true;
  const auto alternatives = conjunctions_.of(schemas);
  if (!alternatives) return fail(alternatives.error());
  for (const Conjunction& each : *alternatives) {
    const Result<bool> fits = follows(each, value);
    if (!fits || *fits) return fits;
  }
  return false;
}

Result<bool> Acceptance::follows(const Conjunction& rules, const bj::value& value) {
  work_ += rules.rules.size();
  if ((types_of(rules) & type_of(value)) == 0 || !is_listed(rules, value)) return false;
  if (value.is_number()) return is_within(range_of(rules, false), value);
  if (value.is_string()) return text_follows(rules, value.get_string());
  if (value.is_array()) return items_follow(rules, value.get_array());
  if (value.is_object()) return members_follow(rules, value.get_object());
  return true;
}

Result<bool> Acceptance::text_follows(const Conjunction& rules, std::string_view text) {
  if (!is_between(characters_in(text), rules, "minLength", "maxLength")) return false;
  const std::string quoted = json::quote(text);
  const std::string_view body = std::string_view(quoted).substr(1, quoted.size() - 2);
  for (Schema rule : rules.rules) {
    for (const char* keyword : {"pattern", "format"}) {
      const bj::value* said = rule->get_object().if_contains(keyword);
      if (!said) continue;
      const std::string_view pattern = keyword == std::string_view("format") ? pattern_of_format(said->get_string()) : std::string_view(said->get_string());
      if (pattern.empty()) continue;
      work_ += 100 + text.size();
      const Result<SharedDfa> dfa = shared_dfa("pattern " + std::string(pattern), [&] { return pattern_dfa(pattern); });
      if (!dfa) return fail(document_.refusal(*rule, keyword, dfa.error().public_text));
      if (!is_found(**dfa, body)) return false;
    }
  }
  return true;
}

Result<bool> Acceptance::items_follow(const Conjunction& rules, const bj::array& array) {
  if (!is_between(static_cast<std::int64_t>(array.size()), rules, "minItems", "maxItems")) return false;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Result<bool> fits = accepts(schemas_of_item(rules, i), array[i]);
    if (!fits || !*fits) return fits;
  }
  return true;
}

Result<bool> Acceptance::members_follow(const Conjunction& rules, const bj::object& object) {
  for (const std::string_view name : required_names(rules))
    if (!object.contains(name)) return false;
  for (const auto& member : object) {
    const Result<bool> fits = accepts(schemas_of_member(rules, member.key()), member.value());
    if (!fits || !*fits) return fits;
  }
  return true;
}

}  // namespace xrouter::grammar
