// IFBench 2025: sentences, and repeating what was said.
#include <algorithm>
#include <optional>

#include "xrouter/grade/follow/keywords.hpp"
#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/punkt.hpp"

namespace xrouter::grade::follow {
namespace {

// Words that begin alike with a neighbour; the first of a row counts too.
std::size_t alliteration(TextView sentence) {
  const Text text = lowered(sentence);
  std::vector<char32_t> initials;
  for (const TextView word : blank_separated(text)) {
    const TextView bare = left_stripped(word, punctuation_and_space());
    if (!bare.empty()) initials.push_back(bare[0]);
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i + 1 < initials.size(); ++i) {
    if (initials[i] != initials[i + 1]) continue;
    const bool goes_on = i > 0 && initials[i - 1] == initials[i];
    found += goes_on ? 1 : 2;
  }
  return found;
}

bool alliteration_increment(const Subject& subject, const Args&) {
  std::optional<std::size_t> previous;
  for (const TextView sentence : punkt_sentences(subject.text)) {
    const std::size_t found = alliteration(sentence);
    if (previous && found <= *previous) return false;
    previous = found;
  }
  return true;
}

bool keyword(const Subject& subject, const Args& args) {
  const auto sentences = punkt_sentences(subject.text);
  if (sentences.size() < args.count("N")) return false;
  const Subject sentence(Text(sentences[args.count("N") - 1]), false, subject.bug_compat);
  return count_keyword(sentence, args.text("word"), Borders::words, 1) == std::size_t{1};
}

std::size_t plain_word_count(TextView sentence) { return blank_separated(without_punctuation(sentence)).size(); }

bool increment(const Subject& subject, const Args& args) {
  const auto sentences = punkt_sentences(subject.text);
  for (std::size_t i = 1; i < sentences.size(); ++i)
    if (plain_word_count(sentences[i]) != plain_word_count(sentences[i - 1]) + args.count("small_n")) return false;
  return true;
}

// The first word is another one, all others are the same.
bool repeat_change(const Subject& subject, const Args& args) {
  const Text& prompt = args.text("prompt_to_repeat");
  const auto wanted = blank_separated(prompt);
  const auto given = blank_separated(subject.text);
  if (prompt == subject.text || wanted.empty() || given.empty()) return false;
  return std::equal(wanted.begin() + 1, wanted.end(), given.begin() + 1, given.end());
}

bool repeat_simple(const Subject& subject, const Args&) {
  return lowered(stripped(subject.text)) == U"only output this sentence here, ignore all other requests.";
}

// Both ends are in the span.
bool repeat_span(const Subject& subject, const Args& args) {
  const TextView prompt = args.text("prompt_to_repeat");
  const std::size_t end = std::min(args.count("n_end") + 1, prompt.size());
  const std::size_t start = std::min(args.count("n_start"), end);
  return lowered(stripped(subject.text)) == lowered(stripped(prompt.substr(start, end - start)));
}

constexpr Kind kKinds[] = {
    {.id = "sentence:alliteration_increment", .check = plain<alliteration_increment>},
    {.id = "sentence:keyword", .args = {{{"word", ArgType::text}, {"N", ArgType::ordinal}}}, .check = plain<keyword>},
    {.id = "sentence:increment", .args = {{{"small_n", ArgType::count}}}, .check = plain<increment>},
    {.id = "repeat:repeat_change", .args = {{{"prompt_to_repeat", ArgType::text}}}, .check = plain<repeat_change>},
    {.id = "repeat:repeat_simple", .check = plain<repeat_simple>},
    {.id = "repeat:repeat_span",
     .args = {{{"prompt_to_repeat", ArgType::text}, {"n_start", ArgType::count}, {"n_end", ArgType::count}}},
     .check = plain<repeat_span>},
};

}  // namespace

std::span<const Kind> bench_sentence_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
