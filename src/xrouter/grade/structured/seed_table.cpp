// The seed's table grader: the reply's arithmetic is worked out, then compared with a relative error of
// 1e-3 and a factor of 100 either way; texts by hendrycks' normaliser.
#include <algorithm>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/math/compat/hendrycks.hpp"
#include "xrouter/grade/math/compat/text.hpp"
#include "xrouter/grade/structured/python_arithmetic.hpp"
#include "xrouter/grade/structured/rules.hpp"

namespace xrouter::grade::structured {
namespace {

using math::compat::is_close;
using math::compat::lower;
using math::compat::replaced;
using math::compat::split;
using math::compat::to_float;

constexpr double kTolerance = 1e-3;

struct Boxed {
  std::optional<std::string> content;
  bool raises = false;
};

// From a box command to the brace that balances; nullopt when none does.
std::optional<std::string_view> balanced(std::string_view text) {
  std::int64_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return text.substr(0, at + 1);
  }
  return std::nullopt;
}

Boxed last_box(std::string_view text) {
  constexpr std::string_view kBare = "\\boxed ";
  if (const std::size_t bare = text.rfind(kBare); bare != std::string_view::npos) {
    const std::string_view rest = text.substr(bare + kBare.size());
    return {.content = std::string(rest.substr(0, rest.find('$')))};
  }
  std::size_t at = text.rfind("\\boxed");
  if (at == std::string_view::npos) at = text.rfind("\\fbox");
  if (at == std::string_view::npos) return {};
  const auto box = balanced(text.substr(at));
  if (!box) return {};
  constexpr std::string_view kOpen = "\\boxed{";
  if (!box->starts_with(kOpen)) return {.content = {}, .raises = true};
  return {.content = std::string(box->substr(kOpen.size(), box->size() - kOpen.size() - 1))};
}

// The seed looks for two backslashes where LaTeX has one.
std::string without_doubled_text(std::string_view text) {
  constexpr std::string_view kText = "\\\\text{";
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find(kText);
    const std::size_t end = at == std::string_view::npos ? at : text.find('}', at);
    if (end == std::string_view::npos) break;
    out += text.substr(0, at);
    out += text.substr(at + kText.size(), end - at - kText.size());
    text = text.substr(end + 1);
  }
  return replaced(out + std::string(text), "\\\\", "");
}

// "$5" and "6.64%" lose their sign, and whatever follows an underscore is cut off as a base.
// nullopt where the seed raises.
std::optional<std::string> normalized_key(std::string key) {
  if (key.size() > 1 && key[0] == '$' && extract::is_digit(key[1])) return key.substr(1);
  if (key.ends_with('%') && extract::is_digit(key[0])) {
    const std::string bare = replaced(replaced(key, "\\%", ""), "%", "");
    const bool plain = std::ranges::all_of(bare, [](char c) { return extract::is_digit(c) || c == '.'; }) && std::ranges::count(bare, '.') <= 1;
    if (plain && !bare.ends_with('.')) return bare;
  }
  const std::size_t base = key.find('_');
  if (base == std::string::npos) return key;
  const auto number = to_float(key.substr(0, base));
  return number ? std::optional(std::to_string(static_cast<std::int64_t>(*number))) : std::nullopt;
}

bool texts_equal(const std::string& answer, const std::string& key) {
  const auto x = math::compat::strip_string(answer);
  const auto y = math::compat::strip_string(key);
  return x && y ? *x == *y : answer == key;
}

bool numbers_equal(double answer, const std::string& key) {
  const bool latex_commas = key.find("{,}") != std::string::npos;
  const auto number = to_float(replaced(key, latex_commas ? "{,}" : ",", ""));
  if (!number) return false;
  return std::ranges::any_of(std::initializer_list<double>{*number / 100, *number, *number * 100}, [&](double item) { return is_close(item, answer, kTolerance); });
}

bool same_answer(const std::string& answer, const std::string& key) {
  std::string expression = replaced(replaced(replaced(answer, ",", ""), "%", " / 100"), "$", "");
  expression = replaced(replaced(expression, ":", "/"), "\\", "");
  const auto number = evaluated(extract::trimmed(expression));
  const auto reference = number ? normalized_key(key) : std::nullopt;
  return reference ? numbers_equal(*number, *reference) : texts_equal(answer, key);
}

std::vector<std::string> sorted_parts(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string& part : split(text, "|")) parts.emplace_back(extract::trimmed(part));
  std::ranges::sort(parts);
  return parts;
}

GradeResult grade(std::string_view reply, const Value& truth, const Dialect&) {
  constexpr std::string_view kThought = "</think>";
  const std::string key = lower(truth.if_string() ? *truth.if_string() : to_python(truth));
  const std::string lowered = lower(reply);
  const std::size_t thought = lowered.rfind(kThought);
  const std::string solution = thought == std::string::npos ? lowered : lowered.substr(thought + kThought.size());
  const Boxed boxed = last_box(solution);
  if (boxed.raises) return seed_raised("AssertionError");
  const std::string answer = boxed.content ? without_doubled_text(*boxed.content) : solution;
  if (key.find('|') == std::string::npos) return graded(same_answer(answer, key), answer);
  return graded(std::ranges::equal(sorted_parts(answer), sorted_parts(key), same_answer), answer);
}

}  // namespace

constinit const Rule kSeedTable{.name = "seed_table", .validate = accept_any, .grade = grade};

}  // namespace xrouter::grade::structured
