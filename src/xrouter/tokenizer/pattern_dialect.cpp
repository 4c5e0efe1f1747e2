#include "xrouter/tokenizer/pattern_dialect.hpp"

#include <algorithm>

namespace xrouter::tokenizer {
namespace {

// Oniguruma's \w: alphabetic (letters in circles and squares, too), marks, decimal digits, connectors. PCRE2's is letters, numbers
// and _. Outside of classes Oniguruma counts Latin-1's other numbers, too.
constexpr std::string_view kWord =
    R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
constexpr std::string_view kLatinNumbers = R"(\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
constexpr std::string_view kHexDigit = "0-9A-Fa-f";  // Ruby's \h; PCRE2 means horizontal space
constexpr std::string_view kGroups[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  Result<std::string> run() {
    if (in_.starts_with("(?i)")) take(4);
    while (at_ < in_.size() && !error_) step();
    if (error_) return fail(std::move(*error_));
    return std::move(out_);
  }

 private:
  void step() {
    switch (in_[at_]) {
      case '\\':
        return escape(false);
      case '[':
        return character_class();
      case '(':
        return group();
      case '{':
        return interval();
      default:
        return take(1);
    }
  }

  std::string_view rest() const { return in_.substr(at_); }
  char peek(std::size_t ahead) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  void take(std::size_t bytes) {
    out_.append(in_, at_, bytes);
    at_ += bytes;
  }
  void replace(std::size_t bytes, std::string_view by) {
    out_ += by;
    at_ += bytes;
  }
  void refuse(std::string what) {
    error_ = Error{.kind = ErrorKind::config, .public_text = "The pattern at byte " + std::to_string(at_) + ": " + std::move(what) + "."};
  }

  void group() {
    if (peek(1) == '*') return refuse("(* is not supported");
    if (peek(1) != '?') return take(1);
    for (const std::string_view known : kGroups)
      if (rest().starts_with(known)) return take(known.size());
    refuse("this kind of group is not supported");
  }

  // Behind an interval, + and ? mean other things in Ruby than in Perl; {,3} is an interval in Ruby only.
  void interval() {
    const std::size_t close = in_.find('}', at_);
    const std::string_view inside = close == std::string_view::npos ? std::string_view() : in_.substr(at_ + 1, close - at_ - 1);
    const bool is_interval =
        !inside.empty() && inside != "," && std::ranges::all_of(inside, [](char c) { return is_digit(c) || c == ','; });
    if (!is_interval) return take(1);
    if (inside.front() == ',') return refuse("an interval without a lower bound is not supported");
    const char behind = close + 1 < in_.size() ? in_[close + 1] : '\0';
    if (behind == '+') return refuse("a possessive interval is not supported");
    if (behind == '?' && inside.find(',') == std::string_view::npos) return refuse("? behind an exact interval is not supported");
    take(inside.size() + 2);
  }

  void character_class() {
    take(1);
    if (peek(0) == '^') take(1);
    if (peek(0) == ']') return refuse("an empty character class is not supported");
    while (at_ < in_.size() && in_[at_] != ']' && !error_) class_item();
    if (error_) return;
    if (at_ == in_.size()) return refuse("the character class has no end");
    take(1);
  }

  void class_item() {
    if (in_[at_] == '\\') return escape(true);
    if (in_[at_] == '[') return refuse("a class within a class is not supported");
    if (rest().starts_with("&&")) return refuse("the intersection of classes is not supported");
    take(1);
  }

  void escape(bool in_class) {
    const char c = peek(1);
    if (is_one_of(c, "sSdDrntfae")) return take(2);
    if (c == 'p' || c == 'P') return property();
    if (c == 'w' && in_class) return replace(2, kWord);
    if (c == 'w') return replace(2, "[" + std::string(kWord) + std::string(kLatinNumbers) + "]");
    if (c == 'W' && !in_class) return replace(2, "[^" + std::string(kWord) + std::string(kLatinNumbers) + "]");
    if (c == 'h') return replace(2, in_class ? std::string(kHexDigit) : "[" + std::string(kHexDigit) + "]");
    if (c == 'v') return replace(2, R"(\x0b)");
    if (c == 'u') return code_point(4);
    if (c == 'x') return hex();
    if ((c == 'A' || c == 'z') && !in_class) return take(2);
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (c == '\0' || is_letter(c) || is_digit(c) || !is_ascii) return refuse("this escape is not supported");
    take(2);
  }

  void property() {
    const std::size_t close = in_.find('}', at_);
    if (peek(2) != '{' || close == std::string_view::npos) return refuse("a property needs braces");
    const std::string_view name = in_.substr(at_ + 3, close - at_ - 3);
    const bool plain =
        !name.empty() && std::ranges::all_of(name.substr(name.front() == '^' ? 1 : 0), [](char c) { return is_letter(c) || c == '_'; });
    if (!plain) return refuse("not the name of a property");
    take(close + 1 - at_);
  }

  void code_point(std::size_t digits) {
    const std::string_view number = in_.substr(std::min(at_ + 2, in_.size()), digits);
    if (number.size() != digits || !std::ranges::all_of(number, is_hex)) return refuse("a code point needs its digits");
    replace(2 + digits, R"(\x{)" + std::string(number) + "}");
  }

  void hex() {
    if (peek(2) != '{') return code_point(2);
    const std::size_t close = in_.find('}', at_);
    if (close == std::string_view::npos) return refuse("a code point needs its digits");
    const std::string_view number = in_.substr(at_ + 3, close - at_ - 3);
    if (number.empty() || number.size() > 6 || !std::ranges::all_of(number, is_hex)) return refuse("a code point needs its digits");
    take(close + 1 - at_);
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> pcre2_of_oniguruma(std::string_view pattern) { return Translator(pattern).run(); }

std::string escaped_for_pcre2(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (is_ascii && !is_letter(c) && !is_digit(c) && static_cast<unsigned char>(c) > 0x20) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace xrouter::tokenizer
