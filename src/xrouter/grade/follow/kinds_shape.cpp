// IFEval's remaining kinds: language, case, combination, start and end, punctuation.
#include <algorithm>

#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/language.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

// A text in which nothing tells languages apart (as of capitals alone) counts as English: so the original does it.
bool may_be_english(TextView text) {
  const auto detected = detect_language(text);
  return !detected || detected->code == "en";
}

// The original also lets a text in no language follow.
bool response_language(const Subject& subject, const Args& args) {
  const auto detected = detect_language(subject.text);
  return detected ? detected->code == encode(args.text("language")) : subject.bug_compat;
}

bool english_capital(const Subject& subject, const Args&) { return all_upper(subject.text) && may_be_english(subject.text); }

bool english_lowercase(const Subject& subject, const Args&) { return all_lower(subject.text) && may_be_english(subject.text); }

bool capital_word_frequency(const Subject& subject, const Args& args) {
  const auto capital = static_cast<std::size_t>(std::ranges::count_if(word_tokens(subject.text), all_upper));
  return args.compare(capital, "capital_relation", "capital_frequency");
}

bool two_responses(const Subject& subject, const Args&) {
  const auto pieces = split(subject.text, U"******");
  std::vector<TextView> responses;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TextView response = stripped(pieces[i]);
    if (!response.empty()) {
      responses.push_back(response);
    } else if (i != 0 && i + 1 != pieces.size()) {
      return false;
    }
  }
  return responses.size() == 2 && responses[0] != responses[1];
}

bool repeat_prompt(const Subject& subject, const Args& args) {
  return lowered(stripped(subject.text)).starts_with(lowered(stripped(args.text("prompt_to_repeat"))));
}

bool end_checker(const Subject& subject, const Args& args) {
  const Text end = lowered(stripped(stripped(subject.text), U"\""));
  return end.ends_with(lowered(stripped(args.text("end_phrase"))));
}

bool quotation(const Subject& subject, const Args&) {
  const TextView text = stripped(subject.text);
  return text.size() > 1 && text.front() == '"' && text.back() == '"';
}

bool no_comma(const Subject& subject, const Args&) { return !contains(subject.text, U","); }

constexpr Kind kKinds[] = {
    {.id = "language:response_language", .args = {{{"language", ArgType::text}}}, .check = plain<response_language>},
    {.id = "change_case:english_capital", .check = plain<english_capital>},
    {.id = "change_case:english_lowercase", .check = plain<english_lowercase>},
    {.id = "change_case:capital_word_frequency",
     .args = {{{"capital_frequency", ArgType::count}, {"capital_relation", ArgType::relation}}},
     .check = plain<capital_word_frequency>},
    {.id = "combination:two_responses", .check = plain<two_responses>},
    {.id = "combination:repeat_prompt", .args = {{{"prompt_to_repeat", ArgType::text}}}, .check = plain<repeat_prompt>},
    {.id = "startend:end_checker", .args = {{{"end_phrase", ArgType::text}}}, .check = plain<end_checker>},
    {.id = "startend:quotation", .check = plain<quotation>},
    {.id = "punctuation:no_comma", .check = plain<no_comma>},
};

}  // namespace

std::span<const Kind> shape_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
