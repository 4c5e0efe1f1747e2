#include "xrouter/grade/structured/answer.hpp"

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"

namespace xrouter::grade::structured {
namespace {

std::optional<std::string_view> non_empty(std::string_view text) {
  text = extract::undecorated(text);
  return text.empty() ? std::nullopt : std::optional(text);
}

// The last announcement of the most explicit kind that there is.
std::optional<std::string_view> announced_answer(std::string_view reply) {
  std::optional<extract::Phrase> best;
  for (const extract::Phrase& phrase : extract::announced(reply)) {
    if (phrase.rest.empty()) continue;
    const bool better = !best || phrase.kind <= best->kind || best->kind != extract::Announced::final_answer_is;
    if (better) best = phrase;
  }
  return best ? non_empty(best->rest) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> marked_answer(std::string_view reply) {
  const auto tags = extract::tagged(reply, "answer");
  const std::string_view text = tags.empty() ? reply : tags.back();
  const auto fences = extract::fences(text);
  if (!fences.empty()) return extract::trimmed(fences.back().content);
  return tags.empty() ? std::nullopt : std::optional(extract::trimmed(text));
}

std::optional<std::string_view> short_answer(std::string_view reply) {
  if (const auto tags = extract::tagged(reply, "answer"); !tags.empty()) return non_empty(tags.back());
  if (const auto boxes = extract::boxes(reply); !boxes.empty()) return non_empty(boxes.back().content);
  if (const auto announced = announced_answer(reply)) return announced;
  const std::string_view whole = extract::trimmed(reply);
  return whole.find('\n') == std::string_view::npos ? non_empty(whole) : std::nullopt;
}

std::optional<Value> parse_value(std::string_view text) {
  if (auto value = parse_json(extract::trimmed(text), {.reject_duplicates = true})) return std::move(*value);
  if (parse_json(extract::trimmed(text))) return std::nullopt;
  if (auto value = parse_python(extract::trimmed(text))) return std::move(*value);
  return std::nullopt;
}

std::optional<Value> parsed_truth(const Value& truth) {
  const std::string* text = truth.if_string();
  if (!text) return truth;
  if (auto value = parse_json(extract::trimmed(*text))) return std::move(*value);
  return parse_value(*text);
}

std::optional<std::string> cell_text(const Value& value) {
  if (const std::string* text = value.if_string()) return extract::folded(*text);
  if (const Number* number = value.if_number()) return number->text;
  if (const bool* flag = value.if_bool()) return *flag ? "true" : "false";
  return std::nullopt;
}

}  // namespace xrouter::grade::structured
