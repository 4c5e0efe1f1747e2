#include "xrouter/grade/choice/letters.hpp"

#include <algorithm>

#include "xrouter/grade/extract/scan.hpp"

namespace xrouter::grade::choice {
namespace {

using extract::has_at;
using extract::is_blank;
using extract::is_letter;
using extract::is_word;
using extract::to_lower;

constexpr std::string_view kFillers[] = {"option", "choice", "letter",   "answer", "for",    "sure",      "most",   "likely", "definitely", "therefore",
                                         "thus",   "indeed", "probably", "simply", "clearly", "obviously", "the",    "correct", "best",      "is",
                                         "given",  "by",     "choose",   "pick",   "select"};
constexpr std::string_view kAfterLetter[] = {"because", "since", "as", "and", "or", "is", "which", "with", "due", "for", "by", "not", "but", "non", "from", "here"};
constexpr std::string_view kNegations[] = {"not", "n't", "n\xE2\x80\x99t", "non", "nor", "never", "neither", "cannot", "nicht", "pas", "except", "\xE4\xB8\x8D\xE6\x98\xAF"};
constexpr std::string_view kOpenings[] = {"\\boxed{", "\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\fbox{", "\\(", "\\[", "**", "*", "__", "(", "[", "{", "$", "\"", "'", "`", ":", "\\ "};
constexpr std::string_view kClosings[] = {"\\)", "\\]", "**", "*", "__", ")", "]", "}", "$", "\"", "'", "`"};
constexpr int kMaxFillers = 5;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

template <class Words>
bool is_one_of(std::string_view text, std::size_t at, std::size_t end, const Words& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return word.size() == end - at && has_at(text, at, word); });
}

template <class Marks>
std::size_t skip_marks(std::string_view text, std::size_t at, const Marks& marks, bool blanks) {
  while (at < text.size()) {
    if (blanks && is_blank(text[at])) {
      ++at;
      continue;
    }
    const auto mark = std::ranges::find_if(marks, [&](std::string_view m) { return text.substr(at).starts_with(m); });
    if (mark == std::end(marks)) break;
    at += mark->size();
  }
  return at;
}

// "A large increase", "I think": a word of the sentence, unless it goes on as an answer does.
bool is_plain_word(std::string_view text, std::size_t at) {
  if (text[at] != 'A' && text[at] != 'I') return false;
  if (at + 2 >= text.size() || text[at + 1] != ' ' || !is_letter(text[at + 2]) || is_upper(text[at + 2])) return false;
  return !is_one_of(text, at + 2, word_end(text, at + 2), kAfterLetter);
}

bool ends_a_list(std::string_view text, std::size_t at) {
  at = skip_marks(text, at, kClosings, false);
  while (at < text.size() && text[at] == ' ') ++at;
  return at >= text.size() || std::string_view(".,;\n/&)").find(text[at]) != std::string_view::npos || has_at(text, at, "and ") || has_at(text, at, "or ");
}

// Where the next letter of a list stands: "A, B", "A and B", "A/B". npos when the list ends.
std::size_t next_of_list(std::string_view text, std::size_t at, std::string_view offered) {
  std::size_t next = at;
  while (next < text.size() && text[next] == ' ') ++next;
  bool comma = false;
  if (next < text.size() && std::string_view(",;/&").find(text[next]) != std::string_view::npos) {
    comma = true;
    ++next;
  }
  while (next < text.size() && text[next] == ' ') ++next;
  const std::size_t word = word_end(text, next);
  const bool connected = is_one_of(text, next, word, std::initializer_list<std::string_view>{"and", "or"});
  if (!comma && !connected) return std::string_view::npos;
  next = skip_marks(text, connected ? word : next, kOpenings, true);
  if (!lone_letter(text, next, offered)) return std::string_view::npos;
  return connected || ends_a_list(text, next + 1) ? next : std::string_view::npos;
}

void add(std::string& letters, char letter) {
  if (letters.find(letter) == std::string::npos) letters.insert(std::ranges::lower_bound(letters, letter), letter);
}

// "ABD" as one word.
std::string joined_letters(std::string_view text, std::size_t at, std::string_view offered) {
  std::string letters;
  const std::size_t end = word_end(text, at);
  for (std::size_t i = at; i < end; ++i) {
    if (offered.find(text[i]) == std::string_view::npos || letters.find(text[i]) != std::string::npos) return {};
    add(letters, text[i]);
  }
  return letters.size() > 1 ? letters : std::string();
}

// Latin, Greek and Cyrillic bytes go on with a word; in "B\u4e0d\u662f A" the letter stands alone.
bool joins(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 ? is_word(c) : byte < 0xE0;
}

constexpr std::size_t kMaxGap = 8;

bool begins_alone(std::string_view text, std::size_t at) {
  if (at == 0) return true;
  const bool three_bytes = at >= 3 && static_cast<unsigned char>(text[at - 3]) >= 0xE0;
  if (joins(text[at - 1]) && !three_bytes) return false;
  const std::size_t limit = at > kMaxGap ? at - kMaxGap : 0;
  while (at > limit && text[at - 1] == ' ') --at;
  return at == 0 || std::string_view("=+^").find(text[at - 1]) == std::string_view::npos;
}

bool ends_alone(std::string_view behind) {
  if (behind.empty()) return true;
  if (joins(behind[0])) return false;
  if (behind.size() > 1 && std::string_view("-.'").find(behind[0]) != std::string_view::npos && joins(behind[1])) return false;
  const std::size_t next = behind.substr(0, kMaxGap).find_first_not_of(' ');
  return next == std::string_view::npos || std::string_view("=+^<>").find(behind[next]) == std::string_view::npos;
}

// "b." or "(b)", but not the article of "a test".
bool lone_lower_letter(std::string_view text, std::size_t at, std::string_view offered) {
  if (at >= text.size() || offered.find(extract::to_upper(text[at])) == std::string_view::npos || is_upper(text[at])) return false;
  return at + 1 == text.size() || std::string_view(".),*$]}\n").find(text[at + 1]) != std::string_view::npos;
}

}  // namespace

bool lone_letter(std::string_view text, std::size_t at, std::string_view offered) {
  if (at >= text.size() || offered.find(text[at]) == std::string_view::npos) return false;
  return begins_alone(text, at) && ends_alone(text.substr(at + 1)) && !is_plain_word(text, at);
}

bool negated(std::string_view text, std::size_t at) {
  std::string_view before = text.substr(0, text.substr(0, at).find_last_not_of(" (*\"'") + 1);
  if (before.ends_with(" be")) before.remove_suffix(3);
  return std::ranges::any_of(kNegations, [&](std::string_view word) {
    if (before.size() < word.size() || !has_at(before, before.size() - word.size(), word)) return false;
    const bool is_part = word.starts_with("n'") || word.starts_with("n\xE2") || static_cast<unsigned char>(word[0]) >= 0x80;
    return is_part || before.size() == word.size() || !is_word(before[before.size() - word.size() - 1]);
  });
}

std::string read_letters(std::string_view text, std::string_view offered, bool several, std::size_t& end) {
  std::size_t at = skip_marks(text, 0, kOpenings, true);
  for (int fillers = 0; fillers < kMaxFillers && !lone_letter(text, at, offered); ++fillers) {
    const std::size_t word = word_end(text, at);
    if (word == at || !is_one_of(text, at, word, kFillers)) break;
    at = skip_marks(text, word, kOpenings, true);
  }
  std::string letters;
  if (!lone_letter(text, at, offered)) {
    if (lone_lower_letter(text, at, offered)) letters = extract::to_upper(text[at]);
    if (letters.empty() && several) letters = joined_letters(text, at, offered);
    end = letters.empty() ? 0 : skip_marks(text, at + letters.size(), kClosings, false);
    return letters;
  }
  while (at != std::string_view::npos) {
    add(letters, text[at]);
    end = skip_marks(text, at + 1, kClosings, false);
    at = next_of_list(text, end, offered);
  }
  return letters;
}

}  // namespace xrouter::grade::choice
