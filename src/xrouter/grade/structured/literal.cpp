// A Python literal, as CRUXEval's output prediction asks for: in the JSON field "answer", behind an
// assertion's ==, or as a short answer.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/value/compare.hpp"
#include "xrouter/grade/value/json_scan.hpp"

namespace xrouter::grade::structured {
namespace {

using extract::trimmed;

std::string text_of(const Value& value) {
  const std::string* text = value.if_string();
  return text ? *text : to_python(value);
}

// Where the string that begins at `at` ends, escapes included; the text's end when it does not.
std::size_t string_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at) at += text[at] == '\\' ? 1 : 0;
  return at;
}

constexpr int kMaxClosing = 4;  ///< brackets and commas that may follow a damaged field

// The field "answer" where the JSON around it is damaged: up to its closing quote, or to the line's end.
std::optional<std::string> damaged_field(std::string_view reply) {
  constexpr std::string_view kName = "\"answer\"";
  const std::size_t name = reply.rfind(kName);
  if (name == std::string_view::npos) return std::nullopt;
  std::string_view rest = trimmed(reply.substr(name + kName.size()));
  if (!rest.starts_with(':')) return std::nullopt;
  rest = trimmed(rest.substr(1));
  if (rest.starts_with('"')) {
    const auto end = json_string_end(rest, 0);
    const auto value = end ? parse_json(rest.substr(0, *end)) : Result<Value>(fail(ErrorKind::invalid_request, ""));
    if (value) return text_of(*value);
  }
  rest = trimmed(rest.substr(0, rest.find('\n')));
  for (int closing = 0; closing < kMaxClosing && (rest.ends_with('}') || rest.ends_with(',')) && !parse_python(rest); ++closing) {
    rest = trimmed(rest.substr(0, rest.size() - 1));
  }
  return rest.empty() ? std::nullopt : std::optional(std::string(rest));
}

/// The recorded labels come from Python: of equal names the last one wins, and any == may be the one.
enum class Reading { strict, recorded };

// `doubled`: the reply's JSON gives two answers, so none.
std::optional<std::string> answer_field(std::string_view reply, Reading reading, bool& doubled) {
  if (const auto text = extract::last_json_text(reply)) {
    const auto json = parse_json(*text);
    doubled = reading == Reading::strict && json && names_twice(*text);
    if (doubled) return std::nullopt;
    const Value* field = json ? json->find("answer") : nullptr;
    if (field) return text_of(*field);
  }
  return damaged_field(reply);
}

// "f(1)", "solution.f('a')": a name and one pair of brackets up to the end. Brackets are balanced.
bool is_call(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0 || !text.ends_with(')')) return false;
  if (!std::ranges::all_of(text.substr(0, open), [](char c) { return extract::is_word(c) || c == '.'; })) return false;
  int depth = 0;
  for (std::size_t at = open; at + 1 < text.size(); ++at) {
    if (text[at] == '"' || text[at] == '\'') at = string_end(text, at);
    if (at + 1 < text.size()) depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
    if (depth == 0) return false;
  }
  return true;
}

// The first == outside strings and brackets.
std::size_t first_equals(std::string_view text) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '\'') at = string_end(text, at);
    if (std::string_view("([{").find(c) != std::string_view::npos) ++depth;
    if (std::string_view(")]}").find(c) != std::string_view::npos) --depth;
    if (depth == 0 && text.substr(at).starts_with("==")) return at;
  }
  return std::string_view::npos;
}

// "assert f('a==b') == 2" says 2. A denial, a second comparison or anything but one call says nothing.
std::string_view asserted(std::string_view text) {
  constexpr std::string_view kAssert = "assert ";
  std::string_view start = trimmed(text);
  const bool asserts = start.starts_with(kAssert);
  if (!asserts && !start.starts_with("f(")) return text;
  if (asserts) start = trimmed(start.substr(kAssert.size()));
  const std::size_t at = first_equals(start);
  if (at == std::string_view::npos || !is_call(trimmed(start.substr(0, at)))) return text;
  const std::string_view behind = trimmed(start.substr(at + 2));
  return parse_python(behind) ? behind : text;
}

// What follows the first == that has a literal behind it.
std::string_view behind_any_equals(std::string_view text) {
  constexpr int kMaxSigns = 8;
  const std::string_view start = trimmed(text);
  if (!start.starts_with("assert ") && !start.starts_with("f(")) return text;
  std::size_t at = text.find("==");
  for (int i = 0; i < kMaxSigns && at != std::string_view::npos; ++i, at = text.find("==", at + 2)) {
    const std::string_view behind = trimmed(text.substr(at + 2));
    if (parse_python(behind)) return behind;
  }
  return text;
}

std::string_view behind_equals(std::string_view text, Reading reading) { return reading == Reading::strict ? asserted(text) : behind_any_equals(text); }

std::optional<std::string> answer_text(std::string_view reply, Reading reading) {
  bool doubled = false;
  if (auto field = answer_field(reply, reading, doubled)) return std::string(behind_equals(*field, reading));
  if (doubled) return std::nullopt;
  if (const auto marked = marked_answer(reply)) {
    if (marked->empty()) return std::nullopt;
    const std::string_view last_line = marked->substr(marked->rfind('\n') + 1);
    return std::string(behind_equals(parse_python(*marked) ? *marked : last_line, reading));
  }
  if (parse_python(trimmed(reply))) return std::string(trimmed(reply));
  const auto answer = short_answer(reply);
  return answer ? std::optional(std::string(behind_equals(*answer, reading))) : std::nullopt;
}

Result<void> validate(const Value& truth) {
  const std::string* text = truth.if_string();
  if (!text || !parse_python(*text)) return fail(ErrorKind::config, "the ground truth is no Python literal");
  return {};
}

// Without quotes a text is still that text, unless it is a literal of its own. An empty field is the
// empty text; a reply without any answer is not.
GradeResult grade(std::string_view reply, const Value& truth, const Dialect&) {
  const auto answer = answer_text(reply, Reading::strict);
  if (!answer) return ungraded(GradeStatus::no_answer, "no literal");
  const Value key = *parse_python(*truth.if_string());
  const auto value = parse_python(*answer);
  if (value) return graded(python_equal(*value, key), *answer, to_python(*value));
  if (key.if_string() && *key.if_string() == *answer) return graded(true, *answer, *answer, "text without quotes");
  const GradeStatus status = trimmed(*answer).empty() ? GradeStatus::no_answer : GradeStatus::answer_parse_error;
  return ungraded(status, "no Python literal", *answer);
}

std::string_view without_ends(std::string_view text) {
  const auto is_end = [](char c) { return extract::is_blank(c) || c == '\'' || c == '"'; };
  while (!text.empty() && is_end(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_end(text.back())) text.remove_suffix(1);
  return text;
}

// Equal literals, or texts that differ in quotes and blanks at their ends only, whatever their types.
GradeResult grade_recorded(std::string_view reply, const Value& truth, const Dialect&) {
  const auto answer = answer_text(reply, Reading::recorded);
  if (!answer) return ungraded(GradeStatus::no_answer, "no literal");
  const Value key = *parse_python(*truth.if_string());
  const auto value = parse_python(*answer);
  const std::string_view text = without_ends(*answer);
  const bool same_text = text == without_ends(*truth.if_string()) || (key.if_string() && text == without_ends(*key.if_string()));
  return graded((value && python_equal(*value, key)) || same_text, *answer);
}

}  // namespace

constinit const Rule kLiteral{.name = "py_literal", .validate = validate, .grade = grade};
constinit const Rule kRecordedLiteral{.name = "recorded_py_literal", .validate = validate, .grade = grade_recorded};

}  // namespace xrouter::grade::structured
