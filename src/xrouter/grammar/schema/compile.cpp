#include "xrouter/grammar/schema/compile.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "xrouter/grammar/schema/accepts.hpp"
#include "xrouter/grammar/schema/keywords.hpp"
#include "xrouter/grammar/schema/limits.hpp"
#include "xrouter/grammar/schema/members.hpp"
#include "xrouter/grammar/schema/string_body.hpp"
#include "xrouter/grammar/schema/value_text.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {

namespace bj = boost::json;
using Kind = Node::Kind;

namespace {

constexpr std::size_t kMostSchemas = 20'000;   // combinations that get a node of their own
constexpr std::size_t kMostNodes = 300'000;
constexpr std::size_t kMostProperties = 1'000;
constexpr std::size_t kMostListed = 10'000;    // values of an enum
constexpr int kMostItems = 10'000;
constexpr int kMostLevels = 56;                // what wraps a value nests too, and readers stop at 64
constexpr int kFewIntegers = 64;

/// Compiles schemas as they turn out to be needed. A schema is known by the set of schemas that it combines, so
/// recursion ends where the same set comes again.
class Compiler {
 public:
  Compiler(Program& program, const Document& document, const JsonStyle& style)
      : program_(program), document_(document), style_(style), conjunctions_(document), acceptance_(document, conjunctions_) {}

  Result<int> compile() {
    const int first = static_cast<int>(program_.nodes.size());
    const int root = node_of({&document_.root()});
    while (!open_.empty()) {
      const auto [schemas, node] = std::move(open_.front());
      open_.pop_front();
      if (auto done = fill(schemas, node); !done) return fail(done.error());
      if (known_.size() > kMostSchemas || program_.nodes.size() > kMostNodes) return fail(ErrorKind::invalid_request, "schema: too large to work out");
    }
    const int levels = std::min(kMostLevels, std::max(style_.max_depth, document_.depth()));
    for (std::size_t i = static_cast<std::size_t>(first); i < program_.nodes.size(); ++i) program_.nodes[i].limit = levels;
    settle_levels(program_);
    if (program_.node(root).height > levels)
      return fail(ErrorKind::invalid_request, program_.node(root).height >= kUnlimited ? "schema: no value fits it" : "schema: its values nest too deep");
    return program_.add_around(Kind::enter, root);
  }

 private:
  int node_of(std::vector<Schema> schemas) {
    std::erase_if(schemas, [](Schema schema) { return schema->is_bool() && schema->get_bool(); });
    std::ranges::sort(schemas);
    schemas.erase(std::unique(schemas.begin(), schemas.end()), schemas.end());
    const auto [at, added] = known_.emplace(schemas, -1);
    if (!added) return at->second;
    at->second = program_.add({.kind = Kind::undefined});
    open_.emplace_back(std::move(schemas), at->second);
    return at->second;
  }

  Result<void> fill(const std::vector<Schema>& schemas, int node) {
    const auto alternatives = conjunctions_.of(schemas);
    if (!alternatives) return fail(alternatives.error());
    std::vector<int> nodes;
    for (const Conjunction& rules : *alternatives)
      if (auto added = add_value(rules, nodes); !added) return added;
    const auto first = static_cast<std::int32_t>(program_.children.size());
    program_.children.insert(program_.children.end(), nodes.begin(), nodes.end());
    program_.nodes[static_cast<std::size_t>(node)] = {.kind = Kind::choice, .what = first, .count = static_cast<std::int32_t>(nodes.size())};
    return {};
  }

  // One node for each type that the rules leave.
  Result<void> add_value(const Conjunction& rules, std::vector<int>& nodes) {
    const TypeSet types = types_of(rules);
    const auto lists_values = [](Schema rule) { return !listed_values(rule->get_object()).empty(); };
    if (const auto listed = std::ranges::find_if(rules.rules, lists_values); listed != rules.rules.end()) return add_listed(rules, *listed, nodes);
    if (types & kNull) nodes.push_back(program_.add_literal("null"));
    if (types & kBoolean) nodes.push_back(program_.add_words({"true", "false"}));
    if (types & (kInteger | kNumber)) nodes.push_back(add_number(range_of(rules, (types & kNumber) == 0)));
    if (types & kString) {
      const Result<int> body = add_string_body(program_, document_, rules, style_);
      if (!body) return fail(body.error());
      nodes.push_back(program_.add_list(Kind::sequence, {program_.add_literal("\""), *body, program_.add_literal("\"")}));
    }
    if (types & kArray)
      if (auto added = add_array(rules, nodes); !added) return added;
    if (types & kObject)
      if (auto added = add_object(rules, nodes); !added) return added;
    return {};
  }

  Result<void> add_listed(const Conjunction& rules, Schema listed, std::vector<int>& nodes) {
    const auto values = listed_values(listed->get_object());
    if (values.size() > kMostListed) return fail(document_.refusal(*listed, "enum", "has too many values"));
    std::vector<std::string> texts;
    for (const bj::value* value : values) {
      const Result<bool> fits = acceptance_.accepts(rules.rules, *value);
      if (!fits) return fail(fits.error());
      if (*fits) texts.push_back(text_of(*value, style_));
    }
    nodes.push_back(program_.add_words(std::move(texts)));
    return {};
  }

  // Few integers are names like others: their probabilities are then those of whole numbers.
  int add_number(const NumberRange& range) {
    const auto whole = [](const Decimal& at) { return at.whole.size() < 10 ? std::stoll((at.negative ? "-" : "") + at.whole) : at.negative ? -kFar : kFar; };
    if (range.integer && range.low && range.high && whole(range.high->at) - whole(range.low->at) <= kFewIntegers) {
      std::vector<std::string> texts;
      for (long long i = whole(range.low->at) - 1; i <= whole(range.high->at) + 1; ++i)
        if (is_within(range, i)) texts.push_back(std::to_string(i));
      return program_.add_words(std::move(texts));
    }
    return program_.add_scan(shared_dfa_of(key_of(range), [&] { return number_dfa(range); }), 0, 0);
  }
  static bool is_within(const NumberRange& range, long long number) {
    const Decimal at = *decimal_of(bj::value(static_cast<std::int64_t>(number)));
    const int above = compare(at, range.low->at);
    const int below = compare(at, range.high->at);
    return above >= 0 && below <= 0 && !(above == 0 && range.low->open) && !(below == 0 && range.high->open);
  }

  Result<void> add_array(const Conjunction& rules, std::vector<int>& nodes) {
    const std::int64_t least = greatest_least(rules, "minItems").value_or(0);
    const std::optional<std::int64_t> said = smallest_most(rules, "maxItems");
    const std::size_t positions = positions_of(rules);
    if (least > kMostItems) return fail(document_.refusal(*rules.rules[0], "minItems", "is too large"));
    if (positions > kMostProperties) return fail(document_.refusal(*rules.rules[0], "prefixItems", "has too many positions"));
    const int min = static_cast<int>(least);
    const int max = static_cast<int>(said ? std::min<std::int64_t>(*said, kMostItems) : std::max<std::int64_t>(style_.max_items, least));
    if (min > max) return {};
    const int nothing = program_.add({.kind = Kind::empty});
    const int separator = program_.add_literal(style_.item_separator);
    // From the last position backwards: what follows an item, and whether it may stop there.
    const int prefix = std::min(max, static_cast<int>(positions));
    int behind = nothing;
    if (max > prefix) {
      const int item = node_of(schemas_of_item(rules, positions));
      const int first = prefix == 0 ? 1 : 0;  // the first item has no separator before it
      const int more = program_.add_list(Kind::sequence, {separator, item});
      if (max - prefix - first > 0) behind = program_.add_repeat(more, std::max(0, min - prefix - first), max - prefix - first);
      if (first == 1) behind = or_nothing(program_.add_list(Kind::sequence, {item, behind}), min == 0);
    }
    for (int i = prefix; i-- > 0;) {
      const int item = program_.add_list(Kind::sequence, {node_of(schemas_of_item(rules, static_cast<std::size_t>(i))), behind});
      behind = or_nothing(i == 0 ? item : program_.add_list(Kind::sequence, {separator, item}), i >= min);
    }
    const int whole = program_.add_list(Kind::sequence, {program_.add_literal("["), behind, program_.add_literal("]")});
    nodes.push_back(program_.add_around(Kind::nest, whole));
    return {};
  }
  int or_nothing(int node, bool optional) { return optional ? program_.add_list(Kind::choice, {node, program_.add({.kind = Kind::empty})}) : node; }

  Result<void> add_object(const Conjunction& rules, std::vector<int>& nodes) {
    const std::vector<std::string_view> names = known_names(rules);
    if (names.size() > kMostProperties) return fail(document_.refusal(*rules.rules[0], "properties", "has too many members"));
    const std::vector<std::string_view> listed = required_names(rules);
    const std::set<std::string_view> required(listed.begin(), listed.end());
    // From the last member backwards, twice: with and without members before it.
    int first = add_free_members(rules, names, false);
    int later = add_free_members(rules, names, true);
    for (std::size_t i = names.size(); i-- > 0;) {
      const std::string name = json::quote(names[i]) + style_.key_separator;
      const int value = node_of(schemas_of_member(rules, names[i]));
      const int here = program_.add_list(Kind::sequence, {program_.add_literal(name), value, later});
      const int here_later = program_.add_list(Kind::sequence, {program_.add_literal(style_.item_separator + name), value, later});
      const bool optional = !required.contains(names[i]);
      first = optional ? program_.add_list(Kind::choice, {here, first}) : here;
      later = optional ? program_.add_list(Kind::choice, {here_later, later}) : here_later;
    }
    const int whole = program_.add_list(Kind::sequence, {program_.add_literal("{"), first, program_.add_literal("}")});
    nodes.push_back(program_.add_around(Kind::nest, whole));
    return {};
  }

  int add_free_members(const Conjunction& rules, const std::vector<std::string_view>& names, bool later) {
    if (!is_open(rules)) return program_.add({.kind = Kind::empty});
    const int value = node_of(schemas_of_free_member(rules));
    std::vector<std::string> taken;
    for (const std::string_view name : names) taken.emplace_back(name);
    std::string key = "name";
    for (const std::string& each : taken) key += '\0' + std::to_string(each.size()) + ':' + each;
    const int name = program_.add_scan(shared_dfa_of(key, [&] { return json_free_name(taken); }), 1, kMostNameCharacters);
    const int member = program_.add_list(Kind::sequence, {program_.add_literal("\""), name, program_.add_literal("\"" + style_.key_separator), value});
    const int more = program_.add_list(Kind::sequence, {program_.add_literal(style_.item_separator), member});
    if (later) return program_.add_repeat(more, 0, style_.max_items);
    return or_nothing(program_.add_list(Kind::sequence, {member, program_.add_repeat(more, 0, style_.max_items)}), true);
  }

  static constexpr int kMostNameCharacters = 64;
  static constexpr long long kFar = 1LL << 60;
  Program& program_;
  const Document& document_;
  const JsonStyle& style_;
  Conjunctions conjunctions_;
  Acceptance acceptance_;
  std::map<std::vector<Schema>, int> known_;
  std::deque<std::pair<std::vector<Schema>, int>> open_;
};

}  // namespace

Result<int> compile_schema(Program& program, std::string_view schema, const JsonStyle& style) {
  Result<bj::value> root = Document::read(schema);
  if (!root) return fail(root.error());
  const Document document(std::move(*root));
  return Compiler(program, document, style).compile();
}

}  // namespace xrouter::grammar
