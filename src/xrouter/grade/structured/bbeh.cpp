// BIG-Bench Extra Hard: the published extraction and its list of harmless differences, with its hole
// closed that nan and inf count as numbers.
#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/fold.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/structured/rules.hpp"
#include "xrouter/grade/value/compare.hpp"

namespace xrouter::grade::structured {
namespace {

constexpr std::size_t kMaxAnswerBytes = 65'536;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit = text.find(from); hit != std::string::npos; hit = text.find(from, at)) {
    out.append(text, at, hit - at).append(to);
    at = hit + from.size();
  }
  text = out.append(text, at, std::string::npos);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), extract::to_lower);
  return out;
}

std::string_view after_announcement(std::string_view text) {
  for (const std::string_view phrase : {"The answer is:", "The final answer is ", "The final answer is: ", "The answer is "}) {
    const std::size_t at = text.rfind(phrase);
    if (at != std::string_view::npos) text = extract::trimmed(text.substr(at + phrase.size()));
  }
  return text;
}

// The first <name>{ ... } gives way to its content.
std::string_view unwrapped(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  const std::size_t end = at == std::string_view::npos ? at : text.find('}', at);
  return end == std::string_view::npos ? text : text.substr(at + name.size(), end - at - name.size());
}

std::string_view without_full_stop(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::string answer_of(std::string_view reply) {
  std::string_view text = without_full_stop(after_announcement(extract::trimmed(reply)));
  if (text.size() > 1 && text.starts_with('$') && text.ends_with('$')) text = text.substr(1, text.size() - 2);
  for (const std::string_view name : {"boxed{", "text{", "texttt{"}) text = unwrapped(text, name);
  std::string out = lowered(text.substr(0, kMaxAnswerBytes));
  replace_all(out, ", ", ",");
  replace_all(out, "**", "");
  out.resize(std::min(out.find('\n'), out.size()));
  return std::string(extract::trimmed(without_full_stop(extract::trimmed(out))));
}

std::string key_of(const std::string& truth) {
  std::string out = lowered(extract::trimmed(truth));
  replace_all(out, ", ", ",");
  return out;
}

std::optional<Decimal> number_of(std::string_view text) {
  const auto value = parse_python(text);
  const Number* number = value ? value->if_number() : nullptr;
  return number ? decimal_of(*number) : std::nullopt;
}

bool wraps(std::string_view outer, std::string_view inner, char open, char close) {
  return outer.size() == inner.size() + 2 && outer.front() == open && outer.back() == close && outer.substr(1, inner.size()) == inner;
}

bool same(const std::string& answer, const std::string& key) {
  if (answer == key) return true;
  const auto is_letter = [](std::string_view text) { return text.size() == 1 && extract::is_letter(text[0]); };
  if (is_letter(key) && wraps(answer, key, '(', ')')) return true;
  if (is_letter(answer) && wraps(key, answer, '(', ')')) return true;
  const auto x = number_of(answer);
  if (x && x == number_of(key)) return true;
  std::string plain_answer = answer, plain_key = key;
  replace_all(plain_answer, "'", "");
  replace_all(plain_key, "'", "");
  if (plain_answer == plain_key && !plain_key.empty()) return true;
  if (wraps(answer, key, '[', ']') || wraps(key, answer, '[', ']')) return true;
  return answer == key + "?";
}

Result<void> validate(const Value& truth) {
  const std::string* text = truth.if_string();
  if (!text || key_of(*text).empty()) return fail(ErrorKind::config, "the ground truth is no text");
  return {};
}

GradeResult grade(std::string_view reply, const Value& truth, const Dialect&) {
  const std::string answer = answer_of(reply);
  if (answer.empty()) return ungraded(GradeStatus::no_answer, "nothing is stated");
  return graded(same(answer, key_of(*truth.if_string())), answer, answer);
}

}  // namespace

constinit const Rule kBbeh{.name = "bbeh", .validate = validate, .grade = grade};

}  // namespace xrouter::grade::structured
