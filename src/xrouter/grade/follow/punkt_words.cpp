#include "xrouter/grade/follow/punkt_words.hpp"

namespace xrouter::grade::follow {
namespace {

// A number of a few shapes: a sign, a leading point, digits with points, commas and dashes.
bool is_number(TextView text) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) ++at;
  if (at >= text.size() || !is_digit(text[at])) return false;
  for (++at; at < text.size(); ++at) {
    const char32_t c = text[at];
    if (!is_digit(c) && c != ',' && c != '.' && c != '-') return false;
  }
  return true;
}

bool may_begin_word(char32_t c) { return !is_space(c) && TextView(U"(\"`{[:;&#*@)}]-,").find(c) == TextView::npos; }

std::size_t repeated(TextView text, std::size_t at, char32_t c) {
  std::size_t length = 0;
  while (at + length < text.size() && text[at + length] == c) ++length;
  return length;
}

// Length of ". . ." with any blanks, at least three points; 0 when there are fewer.
std::size_t spaced_ellipsis(TextView text, std::size_t at) {
  std::size_t points = 0;
  std::size_t end = at;
  for (std::size_t next = at; next < text.size() && text[next] == '.'; next += 2) {
    ++points;
    end = next + 1;
    if (next + 1 >= text.size() || !is_space(text[next + 1])) break;
  }
  return points >= 3 ? end - at : 0;
}

// Length of a dash or an ellipsis of several characters; 0 when there is none.
std::size_t sign_length(TextView text, std::size_t at) {
  if (text[at] != '-' && text[at] != '.') return 0;
  const std::size_t run = repeated(text, at, text[at]);
  if (run >= 2) return run;
  return text[at] == '.' ? spaced_ellipsis(text, at) : 0;
}

bool is_word_end(TextView line, std::size_t at) {
  return at >= line.size() || is_space(line[at]) || breaks_word(line[at]) || sign_length(line, at) > 0;
}

std::size_t word_length(TextView line, std::size_t at) {
  if (const std::size_t sign = sign_length(line, at)) return sign;
  if (!may_begin_word(line[at])) return 1;
  std::size_t end = at + 1;
  while (!is_word_end(line, end) && !(line[end] == ',' && is_word_end(line, end + 1))) ++end;
  return end - at;
}

void add_words(TextView line, std::vector<PunktWord>& out) {
  for (std::size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    const std::size_t length = word_length(line, at);
    out.emplace_back(line.substr(at, length));
    at += length;
  }
}

}  // namespace

PunktWord::PunktWord(TextView word) : text(word) {
  const Text lower = lowered(word);
  type = is_number(lower) ? "##number##" : encode(lower);
}

std::string PunktWord::type_without_period() const {
  return type.size() > 1 && type.ends_with('.') ? type.substr(0, type.size() - 1) : type;
}

std::vector<PunktWord> punkt_words(TextView text) {
  std::vector<PunktWord> out;
  for (const TextView line : split(text, U"\n")) add_words(line, out);
  return out;
}

bool breaks_word(char32_t c) { return TextView(U")\";}]*:@'({[?!").find(c) != TextView::npos; }

}  // namespace xrouter::grade::follow
