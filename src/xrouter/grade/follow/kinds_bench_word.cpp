// IFBench 2025: words.
#include <algorithm>
#include <map>
#include <set>

#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/punkt.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

char32_t small(char32_t c) { return lowered(TextView(&c, 1))[0]; }

bool same_word(TextView a, TextView b) { return lowered(a) == lowered(b); }

// Each word begins with the letter after the one before, a after z.
bool alphabet(const Subject& subject, const Args&) {
  const Text text = without_punctuation(subject.text);
  const auto words = blank_separated(text);
  if (words.empty()) return false;
  char32_t letter = small(words[0][0]);
  if (letter < 'a' || letter > 'z') return false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    letter = letter == 'z' ? U'a' : letter + 1;
    if (small(words[i][0]) != letter) return false;
  }
  return true;
}

bool vowel(const Subject& subject, const Args&) {
  const Text text = lowered(stripped(subject.text));
  if (contains(text, U"\n")) return false;
  const auto used = std::ranges::count_if(TextView(U"aeiou"), [&](char32_t c) { return text.find(c) != Text::npos; });
  return used <= 3;
}

bool is_consonant(char32_t c) { return c >= 'a' && c <= 'z' && TextView(U"aeiou").find(c) == TextView::npos; }

bool has_cluster(TextView word) {
  for (std::size_t i = 0; i + 1 < word.size(); ++i)
    if (is_consonant(word[i]) && is_consonant(word[i + 1])) return true;
  return false;
}

bool consonants(const Subject& subject, const Args&) {
  const Text text = lowered(subject.text);
  return std::ranges::all_of(blank_separated(text), has_cluster);
}

bool palindromes(const Subject& subject, const Args&) {
  const Text text = lowered(without_punctuation(subject.text));
  const auto is_palindrome = [](TextView word) { return word.size() >= 5 && std::ranges::equal(word, Text(word.rbegin(), word.rend())); };
  return std::ranges::count_if(blank_separated(text), is_palindrome) >= 10;
}

bool is_prime_below_100(std::size_t n) {
  if (n < 2 || n > 99) return false;
  for (std::size_t d = 2; d * d <= n; ++d)
    if (n % d == 0) return false;
  return true;
}

bool prime_lengths(const Subject& subject, const Args&) {
  const Text text = without_punctuation(subject.text);
  return std::ranges::all_of(blank_separated(text), [](TextView word) { return is_prime_below_100(word.size()); });
}

bool repeats(const Subject& subject, const Args& args) {
  const Text text = without_punctuation(lowered(subject.text));
  std::map<TextView, std::size_t> counts;
  for (const TextView word : blank_separated(text)) ++counts[word];
  return std::ranges::all_of(counts, [&](const auto& entry) { return entry.second <= args.count("small_n"); });
}

bool last_first(const Subject& subject, const Args&) {
  const auto sentences = punkt_sentences(subject.text);
  for (std::size_t i = 0; i + 1 < sentences.size(); ++i) {
    const auto before = blank_separated(right_stripped(sentences[i], punctuation_and_space()));
    const auto after = blank_separated(left_stripped(sentences[i + 1], punctuation_and_space()));
    if (before.empty() || after.empty() || !same_word(before.back(), after.front())) return false;
  }
  return true;
}

bool paragraph_last_first(const Subject& subject, const Args&) {
  const Text text = lowered(subject.text);
  for (const TextView paragraph : split(text, U"\n")) {
    const auto words = blank_separated(stripped(stripped(paragraph), punctuation_and_space()));
    if (!words.empty() && words.front() != words.back()) return false;
  }
  return true;
}

bool no_consecutive(const Subject& subject, const Args&) {
  const Text text = without_punctuation(lowered(subject.text));
  const auto words = blank_separated(text);
  return std::ranges::adjacent_find(words, {}, [](TextView word) { return word[0]; }) == words.end();
}

bool has_letter_or_number(const Text& token) {
  return std::ranges::any_of(token, [](char32_t c) { return is_word(c) && c != '_'; });
}

bool keywords_specific_position(const Subject& subject, const Args& args) {
  const auto sentences = punkt_sentences(subject.text);
  if (sentences.size() < args.count("n")) return false;
  auto words = word_tokens(sentences[args.count("n") - 1]);
  std::erase_if(words, [](const Text& token) { return !has_letter_or_number(token); });
  return words.size() >= args.count("m") && same_word(words[args.count("m") - 1], stripped(args.text("keyword")));
}

// The second word and the second to last, not counting a final sign.
bool words_position(const Subject& subject, const Args& args) {
  const auto words = word_tokens(subject.text);
  if (words.size() < 2) return false;
  const std::size_t signs = punctuation_and_space().find(words.back()) != TextView::npos ? 1 : 0;
  if (words.size() < 2 + signs) return false;
  const TextView keyword = stripped(args.text("keyword"));
  return same_word(words[1], keyword) && same_word(words[words.size() - 2 - signs], keyword);
}

constexpr Kind kKinds[] = {
    {.id = "words:alphabet", .check = plain<alphabet>},
    {.id = "words:vowel", .check = plain<vowel>},
    {.id = "words:consonants", .check = plain<consonants>},
    {.id = "words:palindrome", .check = plain<palindromes>},
    {.id = "words:prime_lengths", .check = plain<prime_lengths>},
    {.id = "words:start_verb", .needs = "a tagger of word classes"},
    {.id = "words:repeats", .args = {{{"small_n", ArgType::count}}}, .check = plain<repeats>},
    {.id = "words:odd_even_syllables", .needs = "a dictionary of syllables"},
    {.id = "words:last_first", .check = plain<last_first>},
    {.id = "words:paragraph_last_first", .check = plain<paragraph_last_first>},
    {.id = "words:no_consecutive", .check = plain<no_consecutive>},
    {.id = "words:keywords_specific_position",
     .args = {{{"keyword", ArgType::text}, {"n", ArgType::ordinal}, {"m", ArgType::ordinal}}},
     .check = plain<keywords_specific_position>},
    {.id = "words:words_position", .args = {{{"keyword", ArgType::text}}}, .check = plain<words_position>},
};

}  // namespace

std::span<const Kind> bench_word_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
