// IF_multi_constraints: words, letters, signs and counts.
#include <algorithm>
#include <limits>
#include <set>

#include "xrouter/grade/follow/keywords.hpp"
#include "xrouter/grade/follow/pieces.hpp"
#include "xrouter/grade/follow/rule_sentences.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

bool same_word(TextView a, TextView b) { return lowered(a) == lowered(b); }

Text without_signs(TextView word) {
  Text out;
  std::ranges::copy_if(word, std::back_inserter(out), [](char32_t c) { return is_word(c) || is_space(c); });
  return out;
}

Counted count_named(const Subject& subject, const Args& args, std::string_view name) {
  return count_keyword(subject, stripped(args.text(name)), Borders::any, kAll);
}

bool no_adjacent_consecutive(const Subject& subject, const Args&) {
  const auto words = blank_separated(subject.text);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const Text first = lowered(words[i].substr(0, 1));
    const Text second = lowered(words[i + 1].substr(0, 1));
    if (first.size() != 1 || second.size() != 1 || second[0] == first[0] + 1) return false;
  }
  return true;
}

Outcome word_once(const Subject& subject, const Args& args) {
  return judged(count_named(subject, args, "keyword"), [](std::size_t count) { return count == 1; });
}

Outcome word_count(const Subject& subject, const Args& args) {
  return judged(count_named(subject, args, "keyword"), [&](std::size_t count) { return args.compare(count, "relation", "frequency"); });
}

Outcome count_increment_word(const Subject& subject, const Args& args) {
  const Outcome once = judged(count_named(subject, args, "keyword1"), [](std::size_t count) { return count == 1; });
  if (once != Outcome::holds) return once;
  return judged(count_named(subject, args, "keyword2"), [](std::size_t count) { return count == 2; });
}

bool exclude_word_harder(const Subject& subject, const Args& args) {
  return !contains(subject.text, U" " + Text(stripped(args.text("keyword"))) + U" ");
}

bool palindrome(const Subject& subject, const Args&) {
  return std::ranges::any_of(blank_separated(subject.text),
                             [](TextView word) { return std::ranges::equal(word, Text(word.rbegin(), word.rend())); });
}

bool keyword_specific_position(const Subject& subject, const Args& args) {
  const auto sentences = rule_sentences(subject.text);
  if (sentences.size() < args.count("n")) return false;
  const auto words = word_tokens(sentences[args.count("n") - 1]);
  return words.size() >= args.count("m") && words[args.count("m") - 1] == stripped(args.text("keyword"));
}

bool start_end(const Subject& subject, const Args&) {
  if (contains(subject.text, U"-")) {
    const auto pieces = split(subject.text, U"-");
    return same_word(pieces.front(), pieces.back());
  }
  const auto words = word_tokens(subject.text);
  return words.size() >= 2 && same_word(words.front(), words.back());
}

bool first_word_of(TextView text, TextView word) {
  const auto words = blank_separated(text);
  return !words.empty() && same_word(words.front(), word);
}

bool last_word_of(TextView text, TextView word) {
  const auto words = blank_separated(text);
  return !words.empty() && same_word(without_signs(words.back()), word);
}

bool first_word_sent(const Subject& subject, const Args& args) {
  const TextView word = stripped(args.text("first_word"));
  return std::ranges::all_of(rule_sentences(subject.text), [word](const Text& sentence) { return first_word_of(sentence, word); });
}

bool first_word_answer(const Subject& subject, const Args& args) { return first_word_of(subject.text, stripped(args.text("first_word"))); }

bool last_word_sent(const Subject& subject, const Args& args) {
  const TextView word = stripped(args.text("last_word"));
  return std::ranges::all_of(rule_sentences(subject.text), [word](const Text& sentence) { return last_word_of(sentence, word); });
}

bool last_word_answer(const Subject& subject, const Args& args) { return last_word_of(subject.text, stripped(args.text("last_word"))); }

bool no_dot(const Subject& subject, const Args&) { return !contains(subject.text, U"."); }
bool no_exclamation(const Subject& subject, const Args&) { return !contains(subject.text, U"!"); }

bool is_small_letters(TextView word) {
  return std::ranges::all_of(word, [](char32_t c) { return c >= 'a' && c <= 'z'; });
}

bool lowercase_counting(const Subject& subject, const Args& args) {
  return static_cast<std::size_t>(std::ranges::count_if(words(subject.text), is_small_letters)) <= args.count("N");
}

bool letter_counting(const Subject& subject, const Args& args) {
  const auto letters = std::ranges::count_if(subject.text, [](char32_t c) { return c < 0x80 && is_alpha(c); });
  return args.compare(static_cast<std::size_t>(letters), "relation", "N");
}

bool letter_counting2(const Subject& subject, const Args& args) {
  const auto found = static_cast<std::size_t>(std::ranges::count(lowered(subject.text), args.text("letter")[0]));
  return args.compare(found, "let_relation", "let_frequency");
}

bool is_composed(TextView paragraph, std::size_t sentences, std::size_t words) {
  const auto found = rule_sentences(paragraph);
  return found.size() == sentences &&
         std::ranges::all_of(found, [words](const Text& sentence) { return word_tokens(sentence).size() == words; });
}

bool counting_composition(const Subject& subject, const Args& args) {
  const auto paragraphs = starred_pieces(subject.text);
  const auto composed = [&](TextView paragraph) { return is_composed(paragraph, args.count("n_sent"), args.count("n_words")); };
  return filled_pieces(paragraphs) == std::size_t{3} && std::ranges::all_of(paragraphs, composed);
}

bool count_unique(const Subject& subject, const Args&) {
  const auto words = word_tokens(subject.text);
  return std::set<Text>(words.begin(), words.end()).size() == words.size();
}

constexpr std::array<ArgSpec, 5> kKeyword{{{"keyword", ArgType::text}}};
constexpr std::array<ArgSpec, 5> kFirstWord{{{"first_word", ArgType::text}}};
constexpr std::array<ArgSpec, 5> kLastWord{{{"last_word", ArgType::text}}};

constexpr Kind kKinds[] = {
    {.id = "keywords:no_adjacent_consecutive", .check = plain<no_adjacent_consecutive>},
    {.id = "keywords:word_once", .args = kKeyword, .check = word_once},
    {.id = "keywords:word_count_different_numbers",
     .args = {{{"keyword", ArgType::text}, {"frequency", ArgType::count}, {"relation", ArgType::relation}}},
     .check = word_count},
    {.id = "keywords:exclude_word_harder",
     .args = {{{"keyword", ArgType::text}, {"instruction", ArgType::ignored, false}}},
     .check = plain<exclude_word_harder>},
    {.id = "keywords:palindrome", .check = plain<palindrome>},
    {.id = "keywords:keyword_specific_position",
     .args = {{{"keyword", ArgType::text}, {"n", ArgType::ordinal}, {"m", ArgType::ordinal}}},
     .check = plain<keyword_specific_position>},
    {.id = "keywords:start_end", .check = plain<start_end>},
    {.id = "first_word:first_word_sent", .args = kFirstWord, .check = plain<first_word_sent>},
    {.id = "first_word:first_word_answer", .args = kFirstWord, .check = plain<first_word_answer>},
    {.id = "last_word:last_word_sent", .args = kLastWord, .check = plain<last_word_sent>},
    {.id = "last_word:last_word_answer", .args = kLastWord, .check = plain<last_word_answer>},
    {.id = "punctuation:punctuation_dot", .check = plain<no_dot>},
    {.id = "punctuation:punctuation_exclamation", .check = plain<no_exclamation>},
    {.id = "count:lowercase_counting", .args = {{{"N", ArgType::count}}}, .check = plain<lowercase_counting>},
    {.id = "count:counting_composition",
     .args = {{{"n_sent", ArgType::ordinal}, {"n_words", ArgType::ordinal}}},
     .check = plain<counting_composition>},
    {.id = "count:count_unique", .check = plain<count_unique>},
    {.id = "count:count_increment_word",
     .args = {{{"keyword1", ArgType::text}, {"keyword2", ArgType::text}}},
     .check = count_increment_word},
    {.id = "letters:letter_counting", .args = {{{"N", ArgType::count}, {"relation", ArgType::relation}}}, .check = plain<letter_counting>},
    {.id = "letters:letter_counting2",
     .args = {{{"letter", ArgType::letter}, {"let_frequency", ArgType::count}, {"let_relation", ArgType::relation}}},
     .check = plain<letter_counting2>},
};

}  // namespace

std::span<const Kind> multi_word_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
