#include "xrouter/grade/math/prose.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::math {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

struct Delimiters {
  std::string_view open, close;
};
constexpr Delimiters kSegments[] = {{"$$", "$$"}, {"\\[", "\\]"}, {"\\(", "\\)"}, {"$", "$"}};

// "it is **6" had a second pair of stars behind it.
bool keeps_emphasis(std::string_view whole, std::string_view stripped) {
  if (stripped.find("**") == std::string_view::npos) return false;
  std::size_t stars = 0;
  for (std::size_t at = whole.find("**"); at != std::string_view::npos; at = whole.find("**", at + 2)) ++stars;
  return stars % 2 == 0;
}

}  // namespace

bool is_prose_text(std::string_view text) {
  for (const std::string_view mark : {"__", "()", "('", "['", "lambda"}) {
    if (text.find(mark) != std::string_view::npos) return false;
  }
  return true;
}

std::string_view without_closing(std::string_view sentence) {
  sentence = sentence.substr(0, sentence.find("I hope"));
  return extract::trimmed(sentence.substr(0, sentence.find(". ")));
}

std::string_view bare(std::string_view text) {
  const std::string_view whole = text;
  const auto is_wrapping = [](char c) { return c == '*' || c == '"' || c == '`' || c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  text = extract::trimmed(text);
  while (!text.empty() && is_wrapping(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_wrapping(text.back()) || (text.back() == '.' && !text.ends_with("..")))) text.remove_suffix(1);
  if (keeps_emphasis(whole, text)) return {};
  for (const Delimiters& pair : kSegments) {
    if (text.size() < pair.open.size() + pair.close.size() || !text.starts_with(pair.open) || !text.ends_with(pair.close)) continue;
    const std::string_view inside = text.substr(pair.open.size(), text.size() - pair.open.size() - pair.close.size());
    if (inside.find(pair.open[0] == '$' ? "$" : pair.open) == std::string_view::npos) return extract::trimmed(inside);
  }
  return text;
}

std::optional<std::string_view> after_last_verb(std::string_view sentence) {
  std::size_t begin = std::string_view::npos;
  for (const std::string_view verb : {" is ", " are ", " be ", " est ", ": "}) {
    const std::size_t at = sentence.rfind(verb);
    if (at != std::string_view::npos && (begin == std::string_view::npos || at + verb.size() > begin)) begin = at + verb.size();
  }
  if (begin == std::string_view::npos) return std::nullopt;
  return sentence.substr(begin);
}

std::optional<std::string_view> last_segment(std::string_view text) {
  std::optional<std::string_view> last;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto pair = std::ranges::find_if(kSegments, [&](const Delimiters& d) { return rest.starts_with(d.open); });
    if (rest.starts_with("\\$")) {
      at += 2;
    } else if (pair == std::end(kSegments)) {
      ++at;
    } else {
      const std::size_t begin = at + pair->open.size();
      std::size_t end = text.find(pair->close, begin);
      while (end != std::string_view::npos && pair->close[0] == '$' && text[end - 1] == '\\') end = text.find(pair->close, end + 1);
      if (end == std::string_view::npos) return last;
      const std::string_view inside = extract::trimmed(text.substr(begin, end - begin));
      if (!inside.empty()) last = inside;
      at = end + pair->close.size();
    }
  }
  return last;
}

std::optional<std::string_view> last_number(std::string_view text) {
  std::size_t end = text.find_last_of("0123456789");
  if (end == std::string_view::npos) return std::nullopt;
  ++end;
  std::size_t begin = end - 1;
  const auto joins = [&](std::size_t i) {  // a separator between two digits
    const char c = text[i];
    return (c == ',' || c == '.' || c == '/') && i > 0 && is_digit(text[i - 1]) && is_digit(text[i + 1]);
  };
  while (begin > 0 && (is_digit(text[begin - 1]) || joins(begin - 1))) --begin;
  if (begin > 0 && text[begin - 1] == '.' && (begin == 1 || !is_alpha(text[begin - 2]))) --begin;
  if (begin > 0 && (is_alpha(text[begin - 1]) || text[begin - 1] == '_')) return std::nullopt;
  // Within a formula that could not be read, no number is the answer.
  constexpr std::string_view kFormula = "{}^_\\";
  const bool closes_segment =
      text.substr(end).starts_with("\\%") || text.substr(end).starts_with("\\)") || text.substr(end).starts_with("\\]");
  if (begin > 0 && kFormula.find(text[begin - 1]) != std::string_view::npos) return std::nullopt;
  if (end < text.size() && kFormula.find(text[end]) != std::string_view::npos && !closes_segment) return std::nullopt;
  const bool negative = begin > 0 && text[begin - 1] == '-' &&
                        (begin == 1 || (!is_digit(text[begin - 2]) && !is_alpha(text[begin - 2]) && text[begin - 2] != ' '));
  const bool negative_after_blank = begin > 1 && text[begin - 1] == '-' && text[begin - 2] == ' ';
  if (negative || negative_after_blank) --begin;
  if (end < text.size() && text[end] == '%')
    ++end;
  else if (text.substr(end).starts_with("\\%"))
    end += 2;
  return text.substr(begin, end - begin);
}

}  // namespace xrouter::grade::math
