#include "xrouter/grade/value/json_scan.hpp"

#include "xrouter/grade/value/utf8.hpp"

namespace xrouter::grade {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t digits_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// The end of the escape whose backslash is at `at`; 0 when it is none.
std::size_t escape_end(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  const char kind = text[at + 1];
  if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos) return at + 2;
  if (kind != 'u' || at + 6 > text.size()) return 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    if (!is_hex(text[i])) return 0;
  }
  return at + 6;
}

}  // namespace

std::optional<std::size_t> json_string_end(std::string_view text, std::size_t at, std::size_t* stop) {
  std::size_t i = at + 1;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') return i + 1;
    std::size_t next = i + 1;
    if (c == '\\') {
      next = escape_end(text, i);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      next = 0;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const std::size_t length = utf8_length(text, i);
      next = length == 0 ? 0 : i + length;
    }
    if (next == 0) break;
    i = next;
  }
  if (stop) *stop = i;
  return std::nullopt;
}

std::optional<std::size_t> json_number_end(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '-') ++at;
  std::size_t end = digits_end(text, at);
  if (end == at || (text[at] == '0' && end > at + 1)) return std::nullopt;
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = digits_end(text, end + 1);
    if (fraction == end + 1) return std::nullopt;
    end = fraction;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    const std::size_t exponent_end = digits_end(text, exponent);
    if (exponent_end == exponent) return std::nullopt;
    end = exponent_end;
  }
  return end;
}

std::optional<std::size_t> json_word_end(std::string_view text, std::size_t at) {
  for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity", "-Infinity"}) {
    if (text.substr(at).starts_with(word)) return at + word.size();
  }
  return std::nullopt;
}

}  // namespace xrouter::grade
