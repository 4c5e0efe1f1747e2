#include "xrouter/chat_format/compact_grammar.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "xrouter/chat_format/compact_reply_parser.hpp"
#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/chat_format/decision_grammar.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {
namespace bj = boost::json;

using grammar::Piece;

// What a call may say beside the tool's name.
struct Arguments {
  bool none = false;
  bool final = false;
  bool json = false;
};

// Keywords that never make an empty object invalid; a schema with another one is taken to require something.
bool asks_for_nothing(const bj::object& schema) {
  constexpr std::array<std::string_view, 6> kHarmless = {"type", "properties", "additionalProperties", "title", "description", "required"};
  for (const auto& member : schema)
    if (std::ranges::find(kHarmless, std::string_view(member.key())) == kHarmless.end()) return false;
  const bj::value* type = schema.if_contains("type");
  const bj::value* required = schema.if_contains("required");
  const bool is_object = !type || *type == "object";
  return is_object && (!required || (required->is_array() && required->get_array().empty()));
}

bool takes_final(const bj::object& schema) {
  const bj::value* properties = schema.if_contains("properties");
  const bj::object* known = properties ? properties->if_object() : nullptr;
  const bj::value* final = known ? known->if_contains(compact::kFinalArgument) : nullptr;
  const bj::object* flag = final ? final->if_object() : nullptr;
  const bj::value* type = flag ? flag->if_contains("type") : nullptr;
  return type && *type == "boolean";
}

Arguments arguments_of(const ToolSpec& tool) {
  if (tool.parameters.empty()) return {.none = true};
  const auto schema = json::parse(tool.parameters.text);
  if (!schema || !schema->is_object() || !asks_for_nothing(schema->get_object())) return {.json = true};
  return {.none = true, .final = takes_final(schema->get_object())};
}

class CompactWriter {
 public:
  CompactWriter(const DecisionRules& rules, const tokenizer::Tokenizer& tokenizer) : rules_(rules), tokenizer_(tokenizer) {}

  Result<std::shared_ptr<const grammar::Grammar>> write(const std::vector<ToolSpec>& tools, const CallCounts& counts) {
    std::vector<Piece> decisions;
    if (rules_.may_answer) decisions.push_back(build_.sequence({tag(compact::kAnswer), build_.text({}, rules_.max_text_bytes, false)}));
    if (counts.max > 0) decisions.push_back(build_.repeat(call(tools), counts.min, counts.max));
    return build_.build(one_of(std::move(decisions)));
  }

 private:
  Piece tag(std::string_view text) { return tag_piece(build_, text, tokenizer_); }
  Piece one_of(std::vector<Piece> ways) { return ways.size() == 1 ? ways.front() : build_.choice(std::move(ways)); }

  // Tools that take the same arguments stand together: their names are one choice.
  Piece call(const std::vector<ToolSpec>& tools) {
    std::vector<Piece> plain, finals, ways;
    for (const ToolSpec& tool : tools) {
      const Arguments arguments = arguments_of(tool);
      const Piece name = build_.literal(tool.name);
      if (arguments.json) {
        ways.push_back(build_.sequence({name, tag(compact::kArguments), build_.json(tool.parameters.text)}));
        continue;
      }
      (arguments.final ? finals : plain).push_back(name);
    }
    if (!plain.empty()) ways.push_back(one_of(std::move(plain)));
    if (!finals.empty()) ways.push_back(build_.sequence({one_of(std::move(finals)), build_.repeat(tag(compact::kFinal), 0, 1)}));
    return build_.sequence({tag(compact::kCall), one_of(std::move(ways))});
  }

  const DecisionRules& rules_;
  const tokenizer::Tokenizer& tokenizer_;
  grammar::Builder build_;
};

}  // namespace

Result<std::shared_ptr<const grammar::Grammar>> make_compact_grammar(const std::vector<ToolSpec>& tools, const DecisionRules& rules,
                                                                     const tokenizer::Tokenizer& tokenizer) {
  const auto counts = call_counts(tools, rules, true);
  if (!counts) return fail(counts.error());
  for (const ToolSpec& tool : tools)
    if (counts->max > 0 && !is_compact_name(tool.name))
      return fail(ErrorKind::invalid_request, "This model's format cannot name the tool '" + tool.name + "'.");
  return CompactWriter(rules, tokenizer).write(tools, *counts);
}

}  // namespace xrouter::chat_format
