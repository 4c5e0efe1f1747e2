// IFBench 2025: counts and ratios.
#include <algorithm>
#include <set>

#include "xrouter/grade/follow/bench_text.hpp"
#include "xrouter/grade/follow/keywords.hpp"
#include "xrouter/grade/follow/kind.hpp"
#include "xrouter/grade/follow/punkt.hpp"
#include "xrouter/grade/follow/treebank.hpp"

namespace xrouter::grade::follow {
namespace {

bool word_count_range(const Subject& subject, const Args& args) {
  const std::size_t found = words(subject.text).size();
  return found >= args.count("min_words") && found <= args.count("max_words");
}

bool unique_word_count(const Subject& subject, const Args& args) {
  const Text text = lowered(subject.text);
  std::set<TextView> unique;
  for (const TextView word : blank_separated(text)) unique.insert(stripped(word, punctuation_and_space()));
  return unique.size() >= args.count("N");
}

// Different as they are written: "And" and "and" are two.
bool conjunctions(const Subject& subject, const Args& args) {
  static const std::set<TextView> kConjunctions{U"and", U"but", U"for", U"nor", U"or", U"so", U"yet"};
  std::set<TextView> unique;
  for (const TextView word : blank_separated(subject.text))
    if (kConjunctions.contains(lowered(stripped(word, punctuation_and_space())))) unique.insert(word);
  return unique.size() >= args.count("small_n");
}

bool stands_as_word(TextView text, TextView word) {
  for (std::size_t at = text.find(word); at != TextView::npos; at = text.find(word, at + 1))
    if (is_border(text, at) && is_border(text, at + word.size())) return true;
  return false;
}

// The prompt lists these fifty names.
bool person_names(const Subject& subject, const Args& args) {
  static constexpr std::array<TextView, 50> kNames{
      U"Emma",     U"Liam",   U"Sophia",    U"Jackson",   U"Olivia", U"Noah",     U"Ava",     U"Lucas",   U"Isabella", U"Mason",
      U"Mia",      U"Ethan",  U"Charlotte", U"Alexander", U"Amelia", U"Benjamin", U"Harper",  U"Leo",     U"Zoe",      U"Daniel",
      U"Chloe",    U"Samuel", U"Lily",      U"Matthew",   U"Grace",  U"Owen",     U"Abigail", U"Gabriel", U"Ella",     U"Jacob",
      U"Scarlett", U"Nathan", U"Victoria",  U"Elijah",    U"Layla",  U"Nicholas", U"Audrey",  U"David",   U"Hannah",   U"Christopher",
      U"Penelope", U"Thomas", U"Nora",      U"Andrew",    U"Aria",   U"Joseph",   U"Claire",  U"Ryan",    U"Stella",   U"Jonathan"};
  const auto found = std::ranges::count_if(kNames, [&](TextView name) { return stands_as_word(subject.text, name); });
  return static_cast<std::size_t>(found) >= args.count("N");
}

std::set<TextView> trigrams(TextView text) {
  std::set<TextView> out;
  for (std::size_t at = 0; at + 3 <= text.size(); ++at) out.insert(text.substr(at, 3));
  return out;
}

// Of characters, within two per cent.
bool overlap(const Subject& subject, const Args& args) {
  const auto reply = trigrams(subject.text);
  const auto reference = trigrams(args.text("reference_text"));
  if (reply.empty()) return false;
  const auto shared = std::ranges::count_if(reply, [&](TextView gram) { return reference.contains(gram); });
  const double percent = static_cast<double>(shared) / static_cast<double>(reply.size()) * 100;
  const auto wanted = static_cast<double>(args.count("percentage"));
  return percent >= wanted - 2 && percent <= wanted + 2;
}

bool numbers(const Subject& subject, const Args& args) { return digit_runs(without_punctuation(subject.text)).size() == args.count("N"); }

bool punctuation(const Subject& subject, const Args&) {
  const TextView text = subject.text;
  const std::size_t first = text.find(U"?!");
  const std::size_t other = text.find(U"!?");
  if (first == TextView::npos && other == TextView::npos && !contains(text, U"\u203D")) return false;
  // The interrobang itself stands for neither of its signs.
  const std::size_t bang = first != TextView::npos ? first : other;
  Text rest(text);
  if (bang != TextView::npos) rest.erase(bang, 2);
  return std::ranges::all_of(TextView(U".,!?;:"), [&](char32_t sign) { return rest.find(sign) != Text::npos; });
}

bool pronouns(const Subject& subject, const Args& args) {
  static const std::set<TextView> kPronouns{
      U"i",         U"me",       U"we",        U"us",         U"you",        U"he",       U"him",       U"she",       U"her",
      U"it",        U"they",     U"them",      U"my",         U"mine",       U"our",      U"ours",      U"your",      U"yours",
      U"his",       U"hers",     U"its",       U"their",      U"theirs",     U"myself",   U"ourselves", U"yourself",  U"yourselves",
      U"himself",   U"herself",  U"itself",    U"themselves", U"this",       U"that",     U"these",     U"those",     U"who",
      U"whom",      U"whose",    U"which",     U"what",       U"whoever",    U"whomever", U"whatever",  U"whichever", U"anybody",
      U"anyone",    U"anything", U"everybody", U"everyone",   U"everything", U"nobody",   U"nothing",   U"somebody",  U"someone",
      U"something", U"each",     U"either",    U"neither",    U"both",       U"all",      U"some",      U"any",       U"none"};
  const auto tokens = word_tokens(lowered(replaced(subject.text, U"/", U" ")));
  const auto found = std::ranges::count_if(tokens, [](const Text& token) { return kPronouns.contains(token); });
  return static_cast<std::size_t>(found) >= args.count("N");
}

bool is_japanese(TextView word) {
  return std::ranges::any_of(word, [](char32_t c) { return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x4E00 && c <= 0x9FFF); });
}

bool words_japanese(const Subject& subject, const Args& args) {
  const auto words = blank_separated(subject.text);
  for (std::size_t i = args.count("N") - 1; i < words.size(); i += args.count("N")) {
    const TextView word = stripped(words[i], punctuation_and_space());
    if (!word.empty() && !std::ranges::all_of(word, is_digit) && !is_japanese(word)) return false;
  }
  return true;
}

bool keywords_multiple(const Subject& subject, const Args& args) {
  static constexpr std::array<std::pair<std::string_view, std::size_t>, 5> kWanted{
      {{"keyword1", 1}, {"keyword2", 2}, {"keyword3", 3}, {"keyword4", 5}, {"keyword5", 7}}};
  const Text text = lowered(subject.text);
  return std::ranges::all_of(kWanted,
                             [&](const auto& wanted) { return count(text, lowered(stripped(args.text(wanted.first)))) == wanted.second; });
}

struct SentenceEnds {
  std::size_t declarative = 0;
  std::size_t interrogative = 0;
  std::size_t exclamatory = 0;
};

SentenceEnds sentence_ends(TextView text) {
  SentenceEnds ends;
  for (const TextView sentence : punkt_sentences(text)) {
    ends.declarative += sentence.back() == '.' ? 1 : 0;
    ends.interrogative += sentence.back() == '?' ? 1 : 0;
    ends.exclamatory += sentence.back() == '!' ? 1 : 0;
  }
  return ends;
}

bool sentence_type(const Subject& subject, const Args&) {
  const SentenceEnds ends = sentence_ends(subject.text);
  return ends.declarative == 2 * ends.interrogative;
}

bool sentence_balance(const Subject& subject, const Args&) {
  const SentenceEnds ends = sentence_ends(subject.text);
  return ends.declarative == ends.interrogative && ends.interrogative == ends.exclamatory;
}

// Three sentences of the same length; that all their words differ is asked for, but nobody checks it.
bool sentence_words(const Subject& subject, const Args&) {
  const auto sentences = punkt_sentences(subject.text);
  return sentences.size() == 3 &&
         std::ranges::all_of(sentences, [&](TextView sentence) { return stripped(sentence).size() == stripped(sentences[0]).size(); });
}

constexpr std::array<ArgSpec, 5> kCount{{{"N", ArgType::count}}};
constexpr std::array<ArgSpec, 5> kSmall{{{"small_n", ArgType::count}}};

constexpr Kind kKinds[] = {
    {.id = "count:word_count_range",
     .args = {{{"min_words", ArgType::count}, {"max_words", ArgType::count}}},
     .check = plain<word_count_range>},
    {.id = "count:unique_word_count", .args = kCount, .check = plain<unique_word_count>},
    {.id = "count:numbers", .args = kCount, .check = plain<numbers>},
    {.id = "count:punctuation", .check = plain<punctuation>},
    {.id = "count:pronouns", .args = kCount, .check = plain<pronouns>},
    {.id = "count:conjunctions", .args = kSmall, .check = plain<conjunctions>},
    {.id = "keywords:conjunction_count", .args = kSmall, .check = plain<conjunctions>},
    {.id = "count:person_names", .args = kCount, .check = plain<person_names>},
    {.id = "keywords:person_name", .args = kCount, .check = plain<person_names>},
    {.id = "count:words_japanese", .args = {{{"N", ArgType::ordinal}}}, .check = plain<words_japanese>},
    {.id = "count:keywords_multiple",
     .args = {{{"keyword1", ArgType::text},
               {"keyword2", ArgType::text},
               {"keyword3", ArgType::text},
               {"keyword4", ArgType::text},
               {"keyword5", ArgType::text}}},
     .check = plain<keywords_multiple>},
    {.id = "ratio:stop_words", .args = {{{"percentage", ArgType::count}}}, .needs = "NLTK's English stop words"},
    {.id = "ratio:sentence_type", .check = plain<sentence_type>},
    {.id = "ratio:sentence_balance", .check = plain<sentence_balance>},
    {.id = "ratio:sentence_words", .check = plain<sentence_words>},
    {.id = "ratio:overlap", .args = {{{"reference_text", ArgType::text}, {"percentage", ArgType::count}}}, .check = plain<overlap>},
};

}  // namespace

std::span<const Kind> bench_count_kinds() { return kKinds; }

}  // namespace xrouter::grade::follow
