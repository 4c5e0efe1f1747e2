#include "xrouter/grade/follow/treebank.hpp"

#include <algorithm>
#include <array>

#include "xrouter/grade/follow/passes.hpp"
#include "xrouter/grade/follow/punkt.hpp"

namespace xrouter::grade::follow {
namespace {

bool is_one_of(char32_t c, TextView set) { return set.find(c) != TextView::npos; }
char32_t at_or_zero(TextView text, std::size_t at) { return at < text.size() ? text[at] : U'\0'; }
bool is_word_at(TextView text, std::size_t at) { return at < text.size() && is_word(text[at]); }

std::size_t padded(TextView token, Text& out) {
  out.append(U" ").append(token).append(U" ");
  return token.size();
}

std::size_t run_of(TextView text, std::size_t at, char32_t c) {
  std::size_t length = 0;
  while (at + length < text.size() && text[at + length] == c) ++length;
  return length;
}

std::size_t opening_signs(TextView text, std::size_t at, Text& out) {
  if (text[at] == '`') return padded(text.substr(at, run_of(text, at, '`')), out);
  return is_one_of(text[at], U"«“‘„") ? padded(text.substr(at, 1), out) : 0;
}

std::size_t opening_quote(TextView text, std::size_t at, Text& out) {
  if (at == 0 && text[0] == '"') return out.append(U" `` "), 1;
  if (text.substr(at).starts_with(U"``")) return padded(U"``", out);
  return 0;
}

std::size_t quote_after_bracket(TextView text, std::size_t at, Text& out) {
  if (!is_one_of(text[at], U" ([{<")) return 0;
  const TextView rest = text.substr(at + 1);
  const std::size_t quote = rest.starts_with(U"\"") ? 1 : rest.starts_with(U"''") ? 2 : 0;
  if (quote == 0) return 0;
  out.append(1, text[at]).append(U" `` ");
  return 1 + quote;
}

// 'x with a one-letter word that is no contraction: the quote opens something.
std::size_t quote_before_letter(TextView text, std::size_t at, Text& out) {
  if (text[at] != '\'' || !is_word_at(text, at + 1) || is_word_at(text, at + 2)) return 0;
  if (is_one_of(text[at + 1], U"mtsdnMTSDN\u017F")) return 0;
  out.append({U'\'', U' ', text[at + 1]});
  return 2;
}

// A period at the end, with closing signs after it.
Text final_period(TextView text) {
  const TextView closers = U"])}>\"'»”’ ";
  std::size_t end = right_stripped(text).size();
  while (end > 0 && is_one_of(text[end - 1], closers)) --end;
  const std::size_t period = end - 1;
  if (end < 2 || text[period] != '.' || text[period - 1] == '.') return Text(text);
  // The blanks at the very end belong to the closing signs as far as they are spaces.
  std::size_t closed = end;
  while (closed < text.size() && is_one_of(text[closed], closers)) ++closed;
  if (!is_blank(text.substr(closed))) return Text(text);
  return Text(text.substr(0, period)).append(U" . ").append(text.substr(end, closed - end)).append(U" ");
}

std::size_t colon_or_comma(TextView text, std::size_t at, Text& out) {
  if (text[at] != ':' && text[at] != ',') return 0;
  if (at + 1 == text.size() || (at + 2 == text.size() && text[at + 1] == '\n')) return padded(text.substr(at, 1), out);
  if (is_digit(text[at + 1])) return 0;
  out.append({U' ', text[at], U' ', text[at + 1]});
  return 2;
}

std::size_t last_colon_or_comma(TextView text, std::size_t at, Text& out) {
  const bool last = at + 1 == text.size() || (at + 2 == text.size() && text[at + 1] == '\n');
  return last && (text[at] == ':' || text[at] == ',') ? padded(text.substr(at, 1), out) : 0;
}

std::size_t periods(TextView text, std::size_t at, Text& out) {
  const std::size_t run = run_of(text, at, '.');
  return run >= 2 ? padded(text.substr(at, run), out) : 0;
}

std::size_t lone_signs(TextView text, std::size_t at, Text& out) {
  return is_one_of(text[at], U";@#$%&?!*[](){}<>") ? padded(text.substr(at, 1), out) : 0;
}

std::size_t quote_before_space(TextView text, std::size_t at, Text& out) {
  if (text[at] == '\'' || at_or_zero(text, at + 1) != '\'' || at_or_zero(text, at + 2) != ' ') return 0;
  out.append({text[at], U' ', U'\'', U' '});
  return 3;
}

std::size_t dashes(TextView text, std::size_t at, Text& out) { return text.substr(at).starts_with(U"--") ? padded(U"--", out) : 0; }

std::size_t closing_signs(TextView text, std::size_t at, Text& out) {
  return is_one_of(text[at], U"»”’") ? padded(text.substr(at, 1), out) : 0;
}

std::size_t closing_quotes(TextView text, std::size_t at, Text& out) {
  if (text[at] == '"') return padded(U"''", out), 1;
  return text.substr(at).starts_with(U"''") ? padded(U"''", out) : 0;
}

std::size_t blanks(TextView text, std::size_t at, Text& out) {
  std::size_t length = 0;
  while (at + length < text.size() && is_space(text[at + length])) ++length;
  if (length > 0) out.push_back(U' ');
  return length;
}

// Writes "x 's " for "x's "; the endings stand in order of preference.
template <std::size_t kCount>
std::size_t detached(TextView text, std::size_t at, const std::array<TextView, kCount>& endings, Text& out) {
  if (text[at] == '\'' || text[at] == ' ') return 0;
  for (const TextView ending : endings) {
    if (!text.substr(at + 1).starts_with(ending) || at_or_zero(text, at + 1 + ending.size()) != ' ') continue;
    out.append({text[at], U' '}).append(ending).append(U" ");
    return 2 + ending.size();
  }
  return 0;
}

std::size_t short_endings(TextView text, std::size_t at, Text& out) {
  static constexpr std::array<TextView, 7> kEndings{U"'s", U"'S", U"'m", U"'M", U"'d", U"'D", U"'"};
  return detached(text, at, kEndings, out);
}

std::size_t long_endings(TextView text, std::size_t at, Text& out) {
  static constexpr std::array<TextView, 8> kEndings{U"'ll", U"'LL", U"'re", U"'RE", U"'ve", U"'VE", U"n't", U"N'T"};
  return detached(text, at, kEndings, out);
}

bool matches_case_blind(TextView text, std::size_t at, TextView lower) {
  if (at + lower.size() > text.size()) return false;
  return std::ranges::equal(text.substr(at, lower.size()), lower, {}, [](char32_t c) { return c >= 'A' && c <= 'Z' ? c + 0x20 : c; });
}

struct Joined {
  TextView first;
  TextView second;
};

// Words that are written as one: "cannot" becomes "can not".
std::size_t joined_words(TextView text, std::size_t at, Text& out) {
  static constexpr std::array<Joined, 8> kJoined{{{U"can", U"not"},
                                                  {U"d", U"'ye"},
                                                  {U"gim", U"me"},
                                                  {U"gon", U"na"},
                                                  {U"got", U"ta"},
                                                  {U"lem", U"me"},
                                                  {U"more", U"'n"},
                                                  {U"wan", U"na"}}};
  if (at > 0 && is_word(text[at - 1])) return 0;
  for (const Joined& joined : kJoined) {
    const std::size_t middle = at + joined.first.size();
    const std::size_t end = middle + joined.second.size();
    if (!matches_case_blind(text, at, joined.first) || !matches_case_blind(text, middle, joined.second) || is_word_at(text, end)) continue;
    if (joined.first == U"wan" && !(end < text.size() && is_space(text[end]))) continue;
    padded(text.substr(at, joined.first.size()), out);
    padded(text.substr(middle, joined.second.size()), out);
    return end - at;
  }
  return 0;
}

std::size_t it_was(TextView text, std::size_t at, Text& out) {
  for (const TextView verb : {TextView(U"is"), TextView(U"was")}) {
    const std::size_t end = at + 3 + verb.size();
    if (!matches_case_blind(text, at, U" 't") || !matches_case_blind(text, at + 3, verb) || is_word_at(text, end)) continue;
    padded(text.substr(at + 1, 2), out);
    padded(text.substr(at + 3, verb.size()), out);
    return end - at;
  }
  return 0;
}

void add_tokens(TextView sentence, std::vector<Text>& out) {
  Text text(sentence);
  for (const Pass pass : {opening_signs, opening_quote, quote_after_bracket, quote_before_letter}) text = apply(pass, text);
  text = final_period(text);
  for (const Pass pass : {colon_or_comma, last_colon_or_comma, periods, lone_signs, quote_before_space, dashes}) text = apply(pass, text);
  text = U" " + text + U" ";
  for (const Pass pass : {closing_signs, closing_quotes, blanks, short_endings, long_endings, joined_words, it_was})
    text = apply(pass, text);
  for (const TextView token : blank_separated(text)) out.emplace_back(token);
}

}  // namespace

std::vector<Text> word_tokens(TextView text) {
  std::vector<Text> out;
  for (const TextView sentence : punkt_sentences(text)) add_tokens(sentence, out);
  return out;
}

}  // namespace xrouter::grade::follow
