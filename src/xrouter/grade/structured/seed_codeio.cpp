// The seed's CodeIO grader: the first fence, texts that look like JSON opened up, Python's equality, and
// None for a missing answer, which equals a null key.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::structured {
namespace {

using extract::trimmed;

constexpr ValueLimits kLimits{.max_depth = 256};
constexpr int kMaxOpened = 16;  ///< JSON inside texts inside JSON

std::optional<Value> read_json(std::string_view text) {
  auto value = parse_json(text, kLimits);
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

std::string_view first_fence(std::string_view text) {
  constexpr std::string_view kMarks = "```";
  const std::size_t open = text.find(kMarks);
  if (open == std::string_view::npos) return trimmed(text);
  std::size_t content = open + kMarks.size();
  if (text.substr(content).starts_with("json") && text.find(kMarks, content + 4) != std::string_view::npos) content += 4;
  const std::size_t close = text.find(kMarks, content);
  return trimmed(close == std::string_view::npos ? text : text.substr(content, close - content));
}

// The last {...} whose braces balance, strings not understood.
std::optional<Value> last_object(std::string_view text) {
  std::size_t depth = 0, start = std::string_view::npos;
  std::string_view last;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') {
      if (start == std::string_view::npos) start = at;
      ++depth;
    } else if (text[at] == '}' && depth > 0 && --depth == 0) {
      last = text.substr(start, at + 1 - start);
      start = std::string_view::npos;
    }
  }
  std::string joined;
  std::ranges::copy_if(last, std::back_inserter(joined), [](char c) { return c != '\n'; });
  return joined.empty() ? std::nullopt : read_json(joined);
}

Value member_or_self(const Value& object, std::string_view first, std::string_view second) {
  for (const std::string_view name : {first, second}) {
    if (const Value* found = object.find(name)) return *found;
  }
  return object;
}

// A list at the top raises inside the seed and gives None, as no answer does.
Value answer_of(std::string_view reply) {
  const std::string_view clean = first_fence(reply);
  auto value = read_json(clean);
  if (!value) value = last_object(clean);
  return value && value->if_dict() ? member_or_self(*value, "output", "input") : Value();
}

Value truth_of(std::string_view text) {
  const bool has_key = text.find("\"input\":") != std::string_view::npos || text.find("\"output\":") != std::string_view::npos;
  std::string braced(text);
  const std::string_view bare = trimmed(text);
  if (has_key && !(bare.starts_with('{') && bare.ends_with('}'))) braced = "{" + braced + "}";
  const auto value = read_json(braced);
  if (value && value->if_dict()) return has_key ? member_or_self(*value, "input", "output") : member_or_self(*value, "output", "input");
  if (auto literal = parse_python(braced)) return std::move(*literal);
  return Value(std::move(braced));
}

Value normalized(const Value& value, int opened);

Value normalized_text(const std::string& text, int opened) {
  const std::string_view bare = trimmed(text);
  const bool like_json = (bare.starts_with('{') && bare.ends_with('}')) || (bare.starts_with('[') && bare.ends_with(']'));
  if (like_json && opened < kMaxOpened) {
    if (const auto value = read_json(bare)) return normalized(*value, opened + 1);
  }
  for (const bool flag : {true, false}) {
    const std::string_view word = flag ? "true" : "false";
    if (bare.size() == word.size() && extract::has_at(bare, 0, word)) return Value(flag);
  }
  return Value(text);
}

Value normalized(const Value& value, int opened) {
  if (const std::string* text = value.if_string()) return normalized_text(*text, opened);
  if (const Value::List* list = value.if_list(); list && list->kind == ListKind::list) {
    Value::List out;
    for (const Value& item : list->items) out.items.push_back(normalized(item, opened));
    return Value(std::move(out));
  }
  if (const Value::Dict* dict = value.if_dict()) {
    Value::Dict out;
    for (const auto& [key, item] : dict->items) out.items.emplace_back(key, normalized(item, opened));
    return Value(std::move(out));
  }
  return value;
}

GradeResult grade(std::string_view reply, const Value& truth, const Dialect&) {
  const Value answer = normalized(answer_of(reply), 0);
  const Value key = normalized(truth_of(truth.if_string() ? *truth.if_string() : to_python(truth)), 0);
  return graded(python_equal(answer, key), to_json(answer), to_json(key));
}

}  // namespace

constinit const Rule kSeedCodeIo{.name = "seed_codeio", .validate = accept_any, .grade = grade};

}  // namespace xrouter::grade::structured
