#include "xrouter/grade/choice/letters.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/value/utf8.hpp"

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
constexpr std::string_view kOpenings[] = {"\\boxed{", "\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\fbox{", "\\(", "\\[", "**", "*", "__", "_", "(", "[", "{", "$", "\"", "'", "`", ":", "\\ ", "<answer>"};
constexpr std::string_view kClosings[] = {"\\)", "\\]", "**", "*", "__", "_", "</answer>", ")", "]", "}", "$", "\"", "'", "`"};
constexpr std::string_view kConnectives[] = {"or", "and", "maybe", "alternatively", "perhaps", "possibly", "else", "also", "either", "otherwise", "vs"};
constexpr std::string_view kDenials[] = {"wrong",   "incorrect", "false",   "not",        "isn't",  "aren't",  "can't", "cannot",               "won't",
                                         "doesn't", "never",     "invalid", "impossible", "untrue", "neither", "no",    "isn\xE2\x80\x99t", "can\xE2\x80\x99t"};
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
  if (joins(behind[0]) || behind[0] == '#') return false;
  if (behind.size() > 1 && std::string_view("-.'").find(behind[0]) != std::string_view::npos && joins(behind[1])) return false;
  const std::size_t next = behind.substr(0, kMaxGap).find_first_not_of(' ');
  if (next != std::string_view::npos && behind.substr(next).starts_with("</")) return true;
  return next == std::string_view::npos || std::string_view("=+^<>").find(behind[next]) == std::string_view::npos;
}

// "b." or "(b)", but not the article of "a test".
bool lone_lower_letter(std::string_view text, std::size_t at, std::string_view offered) {
  if (at >= text.size() || offered.find(extract::to_upper(text[at])) == std::string_view::npos || is_upper(text[at])) return false;
  return at + 1 == text.size() || std::string_view(".),*$]}\n").find(text[at + 1]) != std::string_view::npos;
}

constexpr std::size_t kMaxLink = 40;  ///< bytes between two letters of a list

// "</b>", "<answer>"; 0 when no short tag stands there.
std::size_t tag_length(std::string_view rest) {
  constexpr std::size_t kLongest = 12;
  const std::size_t close = rest.starts_with('<') ? rest.substr(0, kLongest).find('>') : std::string_view::npos;
  return close == std::string_view::npos ? 0 : close + 1;
}

// Beyond ASCII: dashes, arrows, full-width commas, but no letter and no digit.
std::size_t sign_length(std::string_view rest) {
  const std::size_t length = static_cast<unsigned char>(rest[0]) < 0x80 ? 0 : utf8_length(rest, 0);
  if (length == 0) return 0;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(utf8_decode(rest, 0)));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO ? 0 : length;
}

// The length of what may stand between the letters of a list, words apart; 0 for anything else.
std::size_t mark_length(std::string_view rest) {
  for (const std::string_view mark : {"\\boxed{", "\\fbox{", "\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\quad", "\\lor", "\\vee",
                                      "\\mid", "\xE6\x88\x96", "\xE5\x92\x8C"}) {
    if (rest.starts_with(mark)) return mark.size();
  }
  if (is_blank(rest[0]) || std::string_view(",;:/&|\\-()[]{}*_$\"'`.?!~%@").find(rest[0]) != std::string_view::npos) return 1;
  return rest[0] == '<' ? tag_length(rest) : sign_length(rest);
}

std::size_t connective_length(std::string_view text, std::size_t at) {
  const std::size_t end = word_end(text, at);
  return end > at && is_one_of(text, at, end, kConnectives) ? end - at : 0;
}

// "Option A, option B"
std::size_t noun_length(std::string_view text, std::size_t at) {
  const std::size_t end = word_end(text, at);
  return end > at && is_one_of(text, at, end, std::initializer_list<std::string_view>{"option", "choice", "letter", "answer"}) ? end - at
                                                                                                                               : 0;
}

// A line break or a full stop, but not the dots of "A..D".
bool ends_a_sentence(std::string_view text, std::size_t at) {
  if (text[at] == '\n') return true;
  return text[at] == '.' && (at == 0 || text[at - 1] != '.') && (at + 1 == text.size() || text[at + 1] != '.');
}

// The letters of one list.
class ListReader {
 public:
  ListReader(std::string_view text, std::string_view offered) : text_(text), offered_(offered) {}

  // Where the next letter stands behind `at`: "A, B", "A and B", "A|B", "A (or B)". npos when the list ends.
  std::size_t next(std::size_t at) const {
    const std::size_t limit = std::min(text_.size(), at + kMaxLink);
    bool connected = false, new_sentence = false;
    while (at < limit && !has_letter(at)) {
      const std::size_t word = connective_length(text_, at);
      const std::size_t length = word > 0 ? word : between_length(at);
      if (length == 0) return std::string_view::npos;
      connected = connected || word > 0;
      new_sentence = new_sentence || (word == 0 && ends_a_sentence(text_, at));
      at += length;
    }
    if (at >= limit || denied(text_, at + 1)) return std::string_view::npos;
    // "B, A is wrong" and "B. A and C are wrong" go on with a sentence about other letters.
    if (new_sentence) return is_list_to_line_end(at) ? at : std::string_view::npos;
    return connected || ends_a_list(at + 1) ? at : std::string_view::npos;
  }

 private:
  bool has_letter(std::size_t at) const { return lone_letter(text_, at, offered_) || lone_lower_letter(text_, at, offered_); }

  std::size_t between_length(std::size_t at) const {
    const std::size_t noun = noun_length(text_, at);
    return noun > 0 ? noun : mark_length(text_.substr(at));
  }

  bool ends_a_list(std::size_t at) const {
    at = skip_marks(text_, at, kClosings, false);
    while (at < text_.size() && text_[at] == ' ') ++at;
    return at >= text_.size() || has_letter(at) || mark_length(text_.substr(at)) > 0 || connective_length(text_, at) > 0;
  }

  bool is_list_to_line_end(std::size_t at) const {
    const std::size_t limit = std::min(text_.size(), at + kMaxLink);
    while (at < limit && text_[at] != '\n') {
      const std::size_t word = connective_length(text_, at);
      const std::size_t length = has_letter(at) ? 1 : word > 0 ? word : between_length(at);
      if (length == 0) return false;
      at += length;
    }
    return true;
  }

  std::string_view text_;
  std::string_view offered_;
};

// With its apostrophe: "isn't".
std::string_view next_word(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  std::size_t end = at;
  while (end < text.size() && (is_word(text[end]) || text[end] == '\'')) ++end;
  return text.substr(at, end - at);
}

// "__B__" and "_B_": as many signs of emphasis on the one side as on the other.
std::size_t emphasis_around(std::string_view text, std::size_t at) {
  constexpr std::size_t kMost = 2;
  std::size_t left = 0, right = 0;
  while (left < kMost && left < at && text[at - 1 - left] == '_') ++left;
  while (right < kMost && at + 1 + right < text.size() && text[at + 1 + right] == '_') ++right;
  return left == right ? left : 0;
}

}  // namespace

bool lone_letter(std::string_view text, std::size_t at, std::string_view offered) {
  if (at >= text.size() || offered.find(text[at]) == std::string_view::npos) return false;
  const std::size_t emphasis = emphasis_around(text, at);
  return begins_alone(text, at - emphasis) && ends_alone(text.substr(at + 1 + emphasis)) && !is_plain_word(text, at);
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

bool is_denial(std::string_view word) { return is_one_of(word, 0, word.size(), kDenials); }

bool denied(std::string_view text, std::size_t at) {
  constexpr std::string_view kVerbs[] = {"is", "are", "was", "also", "clearly", "definitely", "simply", "just"};
  std::string_view word = next_word(text, at);
  for (int skipped = 0; skipped < 3 && !word.empty() && is_one_of(word, 0, word.size(), kVerbs); ++skipped) {
    word = next_word(text, static_cast<std::size_t>(word.data() - text.data()) + word.size());
  }
  return is_denial(word);
}

std::string read_letters(std::string_view text, std::string_view offered, bool several, std::size_t& end) {
  std::size_t at = skip_marks(text, 0, kOpenings, true);
  for (int fillers = 0; fillers < kMaxFillers && !lone_letter(text, at, offered); ++fillers) {
    const std::size_t word = word_end(text, at);
    if (word == at || !is_one_of(text, at, word, kFillers)) break;
    at = skip_marks(text, word, kOpenings, true);
  }
  std::string letters;
  if (!lone_letter(text, at, offered) && !lone_lower_letter(text, at, offered)) {
    if (several) letters = joined_letters(text, at, offered);
    end = letters.empty() ? 0 : skip_marks(text, at + letters.size(), kClosings, false);
    return letters;
  }
  const ListReader list(text, offered);
  while (at != std::string_view::npos) {
    add(letters, extract::to_upper(text[at]));
    end = skip_marks(text, at + 1, kClosings, false);
    at = list.next(at + 1);
  }
  return denied(text, end) ? std::string() : letters;
}

}  // namespace xrouter::grade::choice
