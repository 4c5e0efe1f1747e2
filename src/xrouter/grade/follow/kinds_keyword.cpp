// IFEval's keywords:* kinds.
#include <algorithm>
#include <limits>

#include "xrouter/grade/follow/keywords.hpp"
#include "xrouter/grade/follow/pattern.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

Counted count_pattern(const Subject& subject, TextView keyword, Borders borders, std::size_t stop_at) {
  std::string expression = encode(keyword);
  if (borders == Borders::words) expression = "\\b" + expression + "\\b";
  const Result<Pattern> pattern = Pattern::make(expression, {.case_blind = true});
  if (!pattern) return tl::unexpected(Outcome::bad_target);
  const auto found = pattern->count(subject.utf8, stop_at);
  if (!found) return tl::unexpected(Outcome::gave_up);
  return *found;
}

std::size_t count_literal(TextView reply, TextView keyword, Borders borders, std::size_t stop_at) {
  const Text text = lowered(reply);
  const Text part = lowered(keyword);
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != Text::npos && found < stop_at;) {
    const bool whole = borders == Borders::any || (is_border(text, at) && is_border(text, at + part.size()));
    if (whole) ++found;
    at = text.find(part, at + (whole ? part.size() : 1));
  }
  return found;
}

Outcome existence(const Subject& subject, const Args& args) {
  for (const Text& keyword : args.texts("keywords")) {
    const Counted found = count_keyword(subject, keyword, Borders::any, 1);
    const Outcome here = judged(found, [](std::size_t count) { return count > 0; });
    if (here != Outcome::holds) return here;
  }
  return Outcome::holds;
}

Outcome frequency(const Subject& subject, const Args& args) {
  const Counted found = count_keyword(subject, stripped(args.text("keyword")), Borders::any, kAll);
  return judged(found, [&](std::size_t count) { return args.compare(count, "relation", "frequency"); });
}

Outcome forbidden_words(const Subject& subject, const Args& args) {
  for (const Text& word : args.texts("forbidden_words")) {
    const Counted found = count_keyword(subject, word, Borders::words, 1);
    const Outcome here = judged(found, [](std::size_t count) { return count == 0; });
    if (here != Outcome::holds) return here;
  }
  return Outcome::holds;
}

bool letter_frequency(const Subject& subject, const Args& args) {
  const auto found = static_cast<std::size_t>(std::ranges::count(lowered(subject.text), args.text("letter")[0]));
  return args.compare(found, "let_relation", "let_frequency");
}

constexpr std::array<ArgSpec, 5> kLetterArgs{
    {{"letter", ArgType::letter}, {"let_frequency", ArgType::count}, {"let_relation", ArgType::relation}}};

constexpr Kind kKinds[] = {
    {.id = "keywords:existence", .args = {{{"keywords", ArgType::texts}}}, .check = existence},
    {.id = "keywords:frequency",
     .args = {{{"keyword", ArgType::text}, {"frequency", ArgType::count}, {"relation", ArgType::relation}}},
     .check = frequency},
    {.id = "keywords:forbidden_words", .args = {{{"forbidden_words", ArgType::texts}}}, .check = forbidden_words},
    {.id = "keywords:letter_frequency", .args = kLetterArgs, .check = plain<letter_frequency>},
};

}  // namespace

Counted count_keyword(const Subject& subject, TextView keyword, Borders borders, std::size_t stop_at) {
  if (subject.keywords_are_patterns) return count_pattern(subject, keyword, borders, stop_at);
  return count_literal(subject.text, keyword, borders, stop_at);
}

bool is_border(TextView text, std::size_t at) {
  const bool before = at > 0 && is_word(text[at - 1]);
  const bool after = at < text.size() && is_word(text[at]);
  return before != after;
}

std::span<const Kind> keyword_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
