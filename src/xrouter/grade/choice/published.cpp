#include <utf8proc.h>

#include "xrouter/grade/choice/chosen.hpp"
#include "xrouter/grade/extract/scan.hpp"
#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade::choice {
namespace {

bool is_choice(std::string_view text, std::size_t at) { return at < text.size() && text[at] >= 'A' && text[at] <= 'J'; }

char answer_is(std::string_view text) {
  constexpr std::string_view kPhrase = "answer is ";
  for (std::size_t at = text.find(kPhrase); at != std::string_view::npos; at = text.find(kPhrase, at + 1)) {
    std::size_t letter = at + kPhrase.size();
    if (letter < text.size() && text[letter] == '(') ++letter;
    if (is_choice(text, letter)) return text[letter];
  }
  return 0;
}

// The first line with a match counts, and in it the last match; the letter may stand on a later line.
char answer_colon(std::string_view text) {
  char found = 0;
  std::size_t line_end = std::string_view::npos;
  for (std::size_t at = text.find("nswer:"); at != std::string_view::npos && at < line_end; at = text.find("nswer:", at + 1)) {
    if (at == 0 || (text[at - 1] != 'a' && text[at - 1] != 'A')) continue;
    std::size_t letter = at + 6;
    while (letter < text.size() && extract::is_blank(text[letter])) ++letter;
    if (!is_choice(text, letter)) continue;
    if (found == '\0') line_end = text.find('\n', at);
    found = text[letter];
  }
  return found;
}

// Letters and numbers of any script, as the published rule's \b sees them.
bool is_word_character(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return extract::is_word(text[at]);
  if (utf8_length(text, at) == 0) return false;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(utf8_decode(text, at)));
  const bool is_letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
  return is_letter || (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

bool word_ends_before(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return is_word_character(text, start);
}

char last_lone(std::string_view text) {
  for (std::size_t at = text.size(); at-- > 0;) {
    if (!is_choice(text, at) || word_ends_before(text, at)) continue;
    if (at + 1 == text.size() || !is_word_character(text, at + 1)) return text[at];
  }
  return 0;
}

}  // namespace

char published_letter(std::string_view reply) {
  if (const char letter = answer_is(reply)) return letter;
  if (const char letter = answer_colon(reply)) return letter;
  return last_lone(reply);
}

}  // namespace xrouter::grade::choice
