#include "xrouter/grammar/schema/string_body.hpp"

#include <algorithm>

#include "xrouter/grammar/schema/formats.hpp"
#include "xrouter/grammar/schema/limits.hpp"
#include "xrouter/grammar/schema/pattern.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;

namespace {

constexpr int kMostStates = 20'000;
constexpr int kMostCharacters = 1 << 20;
constexpr int kMostLeast = 1 << 16;

/// All patterns, of formats too.
struct Patterns {
  SharedDfa dfa;  ///< that follows them all; null: there is none
};

Result<void> add(Patterns& patterns, std::string_view pattern, const Document& document, Schema rule, std::string_view keyword) {
  const Result<SharedDfa> dfa = shared_dfa("pattern " + std::string(pattern), [&] { return pattern_dfa(pattern); });
  if (!dfa) return fail(document.refusal(*rule, keyword, dfa.error().public_text));
  patterns.dfa = patterns.dfa ? std::make_shared<const Dfa>(both(*patterns.dfa, **dfa, kMostStates)) : *dfa;
  return {};
}

}  // namespace

Result<int> add_string_body(Program& program, const Document& document, const Conjunction& rules, const JsonStyle& style) {
  Patterns patterns;
  for (Schema rule : rules.rules) {
    const bj::object& keywords = rule->get_object();
    if (const bj::value* pattern = keywords.if_contains("pattern"))
      if (auto added = add(patterns, pattern->get_string(), document, rule, "pattern"); !added) return fail(added.error());
    const bj::value* format = keywords.if_contains("format");
    const std::string_view of_format = format ? pattern_of_format(format->get_string()) : std::string_view();
    if (!of_format.empty())
      if (auto added = add(patterns, of_format, document, rule, "format"); !added) return fail(added.error());
  }
  const std::optional<std::int64_t> least = greatest_least(rules, "minLength");
  const std::optional<std::int64_t> most = smallest_most(rules, "maxLength");
  if (least.value_or(0) > kMostLeast) return fail(document.refusal(*rules.rules[0], "minLength", "is too large"));
  const int min = static_cast<int>(least.value_or(0));
  const int max = static_cast<int>(most ? std::min<std::int64_t>(*most, kMostCharacters) : std::max<std::int64_t>(style.max_string_bytes, min));
  if (!patterns.dfa) {
    const Count count = min > 0 || most ? Count::characters : Count::bytes;
    return program.add_scan(shared_dfa_of(count == Count::bytes ? "string" : "string of characters", [&] { return json_string_body(count); }), min, max);
  }
  if (min == 0) return program.add_scan(patterns.dfa, 0, max);
  if (static_cast<std::int64_t>(patterns.dfa->states()) * (min + 1) > kMostStates)
    return fail(document.refusal(*rules.rules[0], "minLength", "is too large beside a pattern"));
  return program.add_scan(std::make_shared<const Dfa>(at_least(*patterns.dfa, min, kMostStates)), 0, max);
}

}  // namespace xrouter::grammar
