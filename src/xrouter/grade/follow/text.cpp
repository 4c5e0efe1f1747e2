#include "xrouter/grade/follow/text.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade::follow {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t kCount>
bool in(const Range (&ranges)[kCount], char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// Unicode's Other_Lowercase and Other_Uppercase: cased, but not of category Ll or Lu.
constexpr Range kOtherLower[] = {{0xAA, 0xAA},       {0xBA, 0xBA},       {0x2B0, 0x2B8},     {0x2C0, 0x2C1},    {0x2E0, 0x2E4},
                                 {0x345, 0x345},     {0x37A, 0x37A},     {0x1D2C, 0x1D6A},   {0x1D78, 0x1D78},  {0x1D9B, 0x1DBF},
                                 {0x2071, 0x2071},   {0x207F, 0x207F},   {0x2090, 0x209C},   {0x2170, 0x217F},  {0x24D0, 0x24E9},
                                 {0x2C7C, 0x2C7D},   {0xA69C, 0xA69D},   {0xA770, 0xA770},   {0xA7F8, 0xA7F9},  {0xAB5C, 0xAB5F},
                                 {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA}};
constexpr Range kOtherUpper[] = {{0x2160, 0x216F}, {0x24B6, 0x24CF}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kDotAbove = 0x307;

bool is_cased(char32_t c) { return is_upper(c) || is_lower(c) || category(c) == UTF8PROC_CATEGORY_LT; }

char32_t lowered_sigma(TextView text, std::size_t at) {
  const bool after_letter = at > 0 && is_cased(text[at - 1]);
  const bool before_letter = at + 1 < text.size() && is_cased(text[at + 1]);
  return after_letter && !before_letter ? kFinalSigma : kSmallSigma;
}

}  // namespace

Text decode(std::string_view utf8) {
  Text out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t length = utf8_length(utf8, at);
    out.push_back(length == 0 ? U'\uFFFD' : utf8_decode(utf8, at));
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string encode(TextView text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 0x9 && c <= 0xD) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

bool is_alpha(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return category(c) == UTF8PROC_CATEGORY_ND;
}

bool is_word(char32_t c) {
  if (c < 0x80) return is_alpha(c) || is_digit(c) || c == '_';
  const auto kind = category(c);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) || (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
}

bool is_upper(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  return category(c) == UTF8PROC_CATEGORY_LU || in(kOtherUpper, c);
}

bool is_lower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  return category(c) == UTF8PROC_CATEGORY_LL || in(kOtherLower, c);
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool all_upper(TextView text) {
  if (std::ranges::any_of(text, [](char32_t c) { return is_lower(c) || category(c) == UTF8PROC_CATEGORY_LT; })) return false;
  return std::ranges::any_of(text, is_upper);
}

bool all_lower(TextView text) {
  if (std::ranges::any_of(text, [](char32_t c) { return is_upper(c) || category(c) == UTF8PROC_CATEGORY_LT; })) return false;
  return std::ranges::any_of(text, is_lower);
}

Text lowered(TextView text) {
  Text out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char32_t c = text[at];
    if (c < 0x80) {
      out.push_back(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
    } else if (c == kDottedCapitalI) {
      out += {U'i', kDotAbove};
    } else if (c == kCapitalSigma) {
      out.push_back(lowered_sigma(text, at));
    } else {
      out.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

bool is_blank(TextView text) { return std::ranges::all_of(text, is_space); }

bool is_invisible(TextView text) {
  return std::ranges::all_of(text, [](char32_t c) { return is_space(c) || category(c) == UTF8PROC_CATEGORY_CF; });
}

TextView left_stripped(TextView text) {
  const auto found = std::ranges::find_if_not(text, is_space);
  return text.substr(static_cast<std::size_t>(found - text.begin()));
}

TextView right_stripped(TextView text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

TextView stripped(TextView text) { return left_stripped(right_stripped(text)); }

TextView left_stripped(TextView text, TextView set) {
  const std::size_t first = text.find_first_not_of(set);
  return first == TextView::npos ? TextView() : text.substr(first);
}

TextView right_stripped(TextView text, TextView set) {
  const std::size_t last = text.find_last_not_of(set);
  return last == TextView::npos ? TextView() : text.substr(0, last + 1);
}

TextView stripped(TextView text, TextView set) { return left_stripped(right_stripped(text, set), set); }

TextView punctuation_and_space() { return U"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "; }

Text without_punctuation(TextView text) {
  Text out;
  out.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(out), [](char32_t c) { return !is_ascii_punctuation(c); });
  return out;
}

std::vector<TextView> blank_separated(TextView text) {
  std::vector<TextView> out;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t start = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    if (at > start) out.push_back(text.substr(start, at - start));
  }
  return out;
}

std::vector<TextView> split(TextView text, TextView separator) {
  std::vector<TextView> out;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    if (end == TextView::npos) {
      out.push_back(text.substr(at));
      return out;
    }
    out.push_back(text.substr(at, end - at));
    at = end + separator.size();
  }
}

std::vector<TextView> words(TextView text) {
  std::vector<TextView> out;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && !is_word(text[at])) ++at;
    const std::size_t start = at;
    while (at < text.size() && is_word(text[at])) ++at;
    if (at > start) out.push_back(text.substr(start, at - start));
  }
  return out;
}

std::size_t count(TextView text, TextView part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != TextView::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

Text replaced(TextView text, TextView from, TextView to) {
  Text out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (std::size_t next = text.find(from); next != TextView::npos; next = text.find(from, at)) {
    out.append(text.substr(at, next - at)).append(to);
    at = next + from.size();
  }
  return out.append(text.substr(at));
}

bool contains(TextView text, TextView part) { return text.find(part) != TextView::npos; }

}  // namespace xrouter::grade::follow
