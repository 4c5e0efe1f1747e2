#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "xrouter/grade/value/python_scalars.hpp"
#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade {
namespace {

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

struct Opening {
  bool raw = false;
  bool bytes = false;
  std::size_t prefix = 0;  ///< letters before the quote, 0 to 2
};

std::optional<Opening> opening_of(std::string_view text) {
  constexpr std::string_view kPrefixes[] = {"", "r", "u", "b", "rb", "br"};
  const std::size_t quote = text.substr(0, 3).find_first_of("'\"");
  if (quote == std::string_view::npos) return std::nullopt;
  std::string prefix(text.substr(0, quote));
  for (char& letter : prefix) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  if (std::find(std::begin(kPrefixes), std::end(kPrefixes), prefix) == std::end(kPrefixes)) return std::nullopt;
  return Opening{.raw = prefix.find('r') != prefix.npos, .bytes = prefix.find('b') != prefix.npos, .prefix = quote};
}

// Digits of base 8 or 16, at least `least`, at most `most`; moves `at`.
std::optional<char32_t> read_code(std::string_view text, std::size_t& at, int base, std::size_t least, std::size_t most) {
  const std::string_view digits = text.substr(at, most);
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const auto count = static_cast<std::size_t>(stop - digits.data());
  if (error != std::errc() || count < least || value > 0x10FFFF) return std::nullopt;
  at += count;
  return value;
}

// Appends what the escape at `at` (a backslash with a character behind it) stands for.
bool append_escape(std::string& out, std::string_view text, std::size_t& at) {
  const char kind = text[at + 1];
  if (kind == '\n') {
    at += 2;
    return true;
  }
  if (kind >= '0' && kind <= '7') {
    ++at;
    append_utf8(out, read_code(text, at, 8, 1, 3).value_or(0xFFFD));
    return true;
  }
  if (kind == 'N') return false;
  if (kind == 'x' || kind == 'u' || kind == 'U') {
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
    at += 2;
    const auto code = read_code(text, at, 16, digits, digits);
    if (code) append_utf8(out, *code);
    return code.has_value();
  }
  const std::string_view kinds = "\\'\"abfnrtv";
  const std::size_t index = kinds.find(kind);
  if (index == std::string_view::npos) {
    out += '\\';  // Python keeps an escape that it does not know
    ++at;
    return true;
  }
  out += "\\'\"\a\b\f\n\r\t\v"[index];
  at += 2;
  return true;
}

}  // namespace

std::string_view python_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_word_char(text[end])) ++end;
  return text.empty() || (text[0] >= '0' && text[0] <= '9') ? std::string_view() : text.substr(0, end);
}

bool starts_python_string(std::string_view text) { return opening_of(text).has_value(); }

std::optional<std::string> read_python_string(std::string_view text, std::size_t& at) {
  const auto opening = opening_of(text.substr(at));
  if (!opening) return std::nullopt;
  at += opening->prefix;
  const std::string_view triple = text.substr(at, 3);
  const bool is_triple = triple.size() == 3 && triple[0] == triple[1] && triple[1] == triple[2];
  const std::string_view quote = text.substr(at, is_triple ? 3 : 1);
  at += quote.size();
  std::string out;
  while (at < text.size()) {
    if (text.substr(at).starts_with(quote)) {
      at += quote.size();
      return opening->bytes ? "b'" + out + "'" : out;
    }
    const char c = text[at];
    if (c == '\n' && !is_triple) return std::nullopt;
    if (c == '\\' && at + 1 >= text.size()) return std::nullopt;
    if (c == '\\' && !opening->raw) {
      if (!append_escape(out, text, at)) return std::nullopt;
      continue;
    }
    const std::size_t length = utf8_length(text, c == '\\' ? at + 1 : at) + (c == '\\' ? 1 : 0);
    if (length == (c == '\\' ? 1U : 0U)) return std::nullopt;
    out += text.substr(at, length);
    at += length;
  }
  return std::nullopt;
}

}  // namespace xrouter::grade
