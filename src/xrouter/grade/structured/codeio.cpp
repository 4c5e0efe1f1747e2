// What a program prints or was given: JSON under "output" or "input". Inputs are compared literally
// here, so another input with the same output is refused; running the program is the code graders' part.
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/structured/answer.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::structured {
namespace {

struct Asked {
  std::string_view key;  ///< "input" or "output"
  Value value;
};

// JSON that may lack the braces around its members, as ground truths and boxes do.
std::optional<Value> parse_members(std::string_view text, const ValueLimits& limits = {}) {
  if (auto value = parse_json(text, limits)) return std::move(*value);
  auto value = parse_json("{" + std::string(text) + "}", limits);
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

std::optional<Asked> asked_of(const Value& truth) {
  const std::string* text = truth.if_string();
  const auto value = text ? parse_members(*text) : std::optional(truth);
  if (!value) return std::nullopt;
  for (const std::string_view key : {"input", "output"}) {
    if (const Value* found = value->find(key)) return Asked{.key = key, .value = *found};
  }
  return std::nullopt;
}

Result<void> validate(const Value& truth) {
  if (!asked_of(truth)) return fail(ErrorKind::config, "the ground truth holds no \"input\" or \"output\" as JSON");
  return {};
}

constexpr ValueLimits kOfReply{.reject_duplicates = true};

// The last fence or box that is JSON; else the last JSON in the text.
std::optional<Value> answer_value(std::string_view reply) {
  const auto fences = extract::fences(reply);
  for (auto fence = fences.rbegin(); fence != fences.rend(); ++fence) {
    if (auto value = parse_json(fence->content, kOfReply)) return std::move(*value);
    if (names_twice(fence->content)) return std::nullopt;
  }
  const auto boxes = extract::boxes(reply);
  if (!boxes.empty()) return parse_members(boxes.back().content, kOfReply);
  return extract::last_json(reply);
}

// The value under the asked key. An object without it may be the value itself, when objects are asked for.
const Value* value_under(const Value& answer, const Asked& asked) {
  if (const Value* found = answer.find(asked.key)) return found;
  const bool other_key = answer.find("input") || answer.find("output");
  return answer.if_dict() && (other_key || !asked.value.if_dict()) ? nullptr : &answer;
}

GradeResult grade(std::string_view reply, const Value& truth, const Dialect& dialect) {
  const Asked asked = *asked_of(truth);
  const auto answer = answer_value(reply);
  if (!answer) return ungraded(GradeStatus::no_answer, "no JSON");
  const Value* value = value_under(*answer, asked);
  if (!value) return ungraded(GradeStatus::answer_parse_error, "no \"" + std::string(asked.key) + "\"", to_json(*answer));
  const CompareOptions options{.int_equals_float = true, .rel_tol = dialect.rel_tol.value_or(1e-9), .abs_tol = dialect.abs_tol.value_or(0)};
  const bool is_input = asked.key == "input";
  return graded(equal(*value, asked.value, options), to_json(*answer), to_json(*value), is_input ? "input compared literally, not run" : "");
}

}  // namespace

constinit const Rule kCodeIo{.name = "codeio", .validate = validate, .grade = grade};

}  // namespace xrouter::grade::structured
