#include "xrouter/grade/follow/rule_sentences.hpp"

#include <array>
#include <span>

#include "xrouter/grade/follow/passes.hpp"

namespace xrouter::grade::follow {
namespace {

// Characters of private use, which no text should hold.
constexpr char32_t kPeriod = U'\uE000';  // one that ends nothing
constexpr char32_t kEnd = U'\uE001';     // of a sentence

bool is_letter(char32_t c) { return c < 0x80 && is_alpha(c); }
bool is_capital(char32_t c) { return c >= 'A' && c <= 'Z'; }
char32_t get(TextView text, std::size_t at) { return at < text.size() ? text[at] : U'\0'; }

template <std::size_t kCount>
TextView prefix_of(TextView text, const std::array<TextView, kCount>& choices) {
  for (const TextView choice : choices)
    if (text.starts_with(choice)) return choice;
  return {};
}

constexpr std::array<TextView, 5> kSuffixes{U"Inc", U"Ltd", U"Jr", U"Sr", U"Co"};

// What begins a sentence after an abbreviation. The pronouns need a blank after them.
bool starts_sentence(TextView text) {
  static constexpr std::array<TextView, 8> kTitles{U"Mr", U"Mrs", U"Ms", U"Dr", U"Prof", U"Capt", U"Cpt", U"Lt"};
  static constexpr std::array<TextView, 10> kWords{U"He", U"She", U"It", U"They", U"Their", U"Our", U"We", U"But", U"However", U"That"};
  if (!prefix_of(text, kTitles).empty() || text.starts_with(U"Wherever")) return true;
  if (text.starts_with(U"This") && is_space(get(text, 4))) return true;
  for (const TextView word : kWords)
    if (text.starts_with(word) && is_space(get(text, word.size()))) return true;
  return false;
}

std::size_t titles(TextView text, std::size_t at, Text& out) {
  static constexpr std::array<TextView, 5> kTitles{U"Mr.", U"St.", U"Mrs.", U"Ms.", U"Dr."};
  const TextView title = prefix_of(text.substr(at), kTitles);
  if (title.empty()) return 0;
  out.append(title.substr(0, title.size() - 1)).push_back(kPeriod);
  return title.size();
}

std::size_t websites(TextView text, std::size_t at, Text& out) {
  static constexpr std::array<TextView, 7> kEndings{U".com", U".net", U".org", U".io", U".gov", U".edu", U".me"};
  const TextView ending = prefix_of(text.substr(at), kEndings);
  if (ending.empty()) return 0;
  out.push_back(kPeriod);
  out.append(ending.substr(1));
  return ending.size();
}

bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }

std::size_t decimals(TextView text, std::size_t at, Text& out) {
  if (!is_ascii_digit(text[at]) || get(text, at + 1) != '.' || !is_ascii_digit(get(text, at + 2))) return 0;
  out.append({text[at], kPeriod, text[at + 2]});
  return 3;
}

std::size_t ellipses(TextView text, std::size_t at, Text& out) {
  std::size_t run = 0;
  while (get(text, at + run) == '.') ++run;
  if (run < 2) return 0;
  out.append(run, kPeriod).push_back(kEnd);
  return run;
}

std::size_t doctors(TextView text, std::size_t at, Text& out) {
  if (!text.substr(at).starts_with(U"Ph.D.")) return 0;
  out.append({U'P', U'h', kPeriod, U'D', kPeriod});
  return 5;
}

std::size_t lone_letters(TextView text, std::size_t at, Text& out) {
  if (!is_space(text[at]) || !is_letter(get(text, at + 1)) || get(text, at + 2) != '.' || get(text, at + 3) != ' ') return 0;
  out.append({U' ', text[at + 1], kPeriod, U' '});
  return 4;
}

// Length of letters with periods: "U.S." is 4.
std::size_t dotted(TextView text, std::size_t at, std::size_t letters, bool (*belongs)(char32_t)) {
  for (std::size_t i = 0; i < letters; ++i)
    if (!belongs(get(text, at + 2 * i)) || get(text, at + 2 * i + 1) != '.') return 0;
  return 2 * letters;
}

std::size_t acronym_before_start(TextView text, std::size_t at, Text& out) {
  for (const std::size_t letters : {std::size_t{3}, std::size_t{2}}) {
    const std::size_t length = dotted(text, at, letters, is_capital);
    if (length == 0 || get(text, at + length) != ' ' || !starts_sentence(text.substr(at + length + 1))) continue;
    out.append(text.substr(at, length)).append({kEnd, U' '});
    return length + 1;
  }
  return 0;
}

std::size_t dotted_letters(TextView text, std::size_t at, std::size_t letters, Text& out) {
  const std::size_t length = dotted(text, at, letters, is_letter);
  for (std::size_t i = 0; i < length; i += 2) out.append({text[at + i], kPeriod});
  return length;
}

std::size_t three_letters(TextView text, std::size_t at, Text& out) { return dotted_letters(text, at, 3, out); }
std::size_t two_letters(TextView text, std::size_t at, Text& out) { return dotted_letters(text, at, 2, out); }

// " Inc." at `at`: its length, or 0.
std::size_t suffix_length(TextView text, std::size_t at) {
  if (text[at] != ' ') return 0;
  const TextView suffix = prefix_of(text.substr(at + 1), kSuffixes);
  return !suffix.empty() && get(text, at + 1 + suffix.size()) == '.' ? suffix.size() + 2 : 0;
}

std::size_t suffix_before_start(TextView text, std::size_t at, Text& out) {
  const std::size_t length = suffix_length(text, at);
  if (length == 0 || get(text, at + length) != ' ' || !starts_sentence(text.substr(at + length + 1))) return 0;
  out.append(text.substr(at, length - 1)).append({kEnd, U' '});
  return length + 1;
}

std::size_t suffixes(TextView text, std::size_t at, Text& out) {
  const std::size_t length = suffix_length(text, at);
  if (length > 0) out.append(text.substr(at, length - 1)).push_back(kPeriod);
  return length;
}

std::size_t letter_after_space(TextView text, std::size_t at, Text& out) {
  if (text[at] != ' ' || !is_letter(get(text, at + 1)) || get(text, at + 2) != '.') return 0;
  out.append({U' ', text[at + 1], kPeriod});
  return 3;
}

std::size_t marks(TextView text, std::size_t at, Text& out) {
  if (text[at] == kPeriod) return out.push_back(U'.'), 1;
  if (text[at] != '.' && text[at] != '?' && text[at] != '!') return 0;
  out.append({text[at], kEnd});
  return 1;
}

}  // namespace

std::vector<Text> rule_sentences(TextView reply) {
  Text text = U" " + replaced(reply, U"\n", U" ") + U"  ";
  for (const Pass pass : {titles, websites, decimals, ellipses, doctors, lone_letters, acronym_before_start, three_letters, two_letters,
                          suffix_before_start, suffixes, letter_after_space})
    text = apply(pass, text);
  // A closing quote belongs before the mark.
  text = replaced(text, U".”", U"”.");
  text = replaced(text, U".\"", U"\".");
  text = replaced(text, U"!\"", U"\"!");
  text = replaced(text, U"?\"", U"\"?");
  text = apply(marks, text);
  std::vector<Text> out;
  for (const TextView sentence : split(text, TextView(&kEnd, 1))) out.emplace_back(stripped(sentence));
  if (out.back().empty()) out.pop_back();
  return out;
}

}  // namespace xrouter::grade::follow
