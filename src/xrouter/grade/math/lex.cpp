#include "xrouter/grade/math/lex.hpp"

#include <array>

#include "xrouter/grade/math/limits.hpp"
#include "xrouter/grade/math/names.hpp"
#include "xrouter/grade/math/spellings.hpp"

namespace xrouter::grade::math {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

const Spelling* find_command(std::string_view name) {
  for (const Spelling& spelling : kCommands) {
    if (spelling.text == name) return &spelling;
  }
  return nullptr;
}

bool is_text_command(std::string_view name) {
  for (const std::string_view text : kTextCommands) {
    if (text == name) return true;
  }
  return false;
}

bool is_colour_command(std::string_view name) {
  for (const std::string_view colour : kColourCommands) {
    if (colour == name) return true;
  }
  return false;
}

class Lexer {
 public:
  Lexer(std::string_view text, Commas commas) : text_(text), commas_(commas) {}

  Result<Lexed> run() {
    while (at_ < text_.size()) {
      if (lexed_.tokens.size() > 4 * kMaxNodes) return fail(ErrorKind::invalid_request, "limit: too many tokens");
      if (!step()) return fail(ErrorKind::invalid_request, "'" + std::string(text_.substr(at_, 12)) + "' is not in the grammar");
    }
    push(Tok::finish);
    return std::move(lexed_);
  }

 private:
  bool step() {
    const char c = text_[at_];
    if (is_blank(c) || c == '$' || c == '~') return skip(1);
    if (rest().starts_with("\xC2\xA0")) return skip(2);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (is_letter(c)) return letters();
    if (c == '\\') return backslash();
    if (c == '.' && is_end_of_text(at_ + 1)) return skip(1);
    if (c == '"' || c == '`') return skip(1);
    for (const VulgarFraction& fraction : kVulgarFractions) {
      if (commas_ == Commas::thousands && rest().starts_with(fraction.text)) return vulgar(fraction);
    }
    for (const Spelling& sign : kSigns) {
      if (rest().starts_with(sign.text)) return take(sign.text.size(), sign.kind, sign.value);
    }
    return false;
  }

  bool skip(std::size_t bytes) {
    at_ += bytes;
    spaced_ = true;
    return true;
  }

  bool take(std::size_t bytes, Tok kind, std::string_view value) {
    at_ += bytes;
    if (kind == Tok::lbrace) text_braces_ += text_braces_ > 0;
    if (kind == Tok::rbrace && text_braces_ > 0 && --text_braces_ == 0) return skip(0);
    if (kind == Tok::open) ++brackets_;
    if (kind == Tok::close && brackets_ > 0) --brackets_;
    push(kind, std::string(value));
    return true;
  }

  void push(Tok kind, std::string text = {}) {
    lexed_.tokens.push_back({.kind = kind, .text = std::move(text), .spaced = spaced_, .from_text = text_braces_ > 0});
    spaced_ = false;
  }

  bool vulgar(const VulgarFraction& fraction) {
    at_ += fraction.text.size();
    push(Tok::command, "frac");
    push(Tok::number, std::string(fraction.above));
    push(Tok::number, std::string(fraction.below));
    return true;
  }

  // A number with its thousands separators removed. What 1,234 means is decided by the brackets
  // around it and the caller's choice.
  bool number() {
    grouping_ = false;
    blank_grouping_ = false;
    std::string digits = digit_run();
    for (std::size_t width; (width = thousands_separator(digits)) > 0;) {
      at_ += width;
      digits += digit_run();
    }
    if (digits == "0" && is_decimal_comma()) {
      ++at_;
      digits += "." + digit_run();
    } else if (peek(0) == '.' && is_digit(peek(1))) {
      ++at_;
      digits += (digits.empty() ? "0." : ".") + digit_run();
    }
    repeating_part(digits);
    decimal_exponent(digits);
    push(Tok::number, std::move(digits));
    return true;
  }

  std::string digit_run() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // The bytes of a separator that stands here between groups of three digits, or 0.
  std::size_t thousands_separator(const std::string& before) {
    for (const std::string_view mark : {"{,}", ",\\!", "\\,", "\\!"}) {
      if (!rest().starts_with(mark)) continue;
      std::size_t width = mark.size();
      while (mark == ",\\!" && is_blank(peek(width))) ++width;
      if (three_digits_at(width)) return width;
    }
    // 5 000 is one number, but 7 123/456 a whole and a fraction.
    for (const std::string_view blank : {"\\;", "\\:", "\\ ", " ", "~", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"}) {
      if (commas_ != Commas::thousands || !rest().starts_with(blank) || !three_digits_at(blank.size()) || peek(blank.size() + 3) == '/') continue;
      if (!is_first_group(before) && !blank_grouping_) continue;
      blank_grouping_ = true;
      return blank.size();
    }
    const bool grouped = peek(0) == ',' && three_digits_at(1) && before.size() <= (grouping_ ? before.size() : 3) && before[0] != '0';
    if (!grouped || brackets_ > 0) return grouping_ = false, 0;
    lexed_.ambiguous_comma = true;
    if (commas_ == Commas::separators) return 0;
    grouping_ = true;
    return 1;
  }

  static bool is_first_group(const std::string& digits) { return !digits.empty() && digits.size() <= 3 && digits[0] != '0'; }

  bool three_digits_at(std::size_t offset) const {
    return is_digit(peek(offset)) && is_digit(peek(offset + 1)) && is_digit(peek(offset + 2)) && !is_digit(peek(offset + 3));
  }

  // 0,111 is a European 0.111: no list of integers is written so.
  bool is_decimal_comma() const {
    return brackets_ == 0 && peek(0) == ',' && is_digit(peek(1)) && text_.find(',', at_ + 1) == std::string_view::npos;
  }

  // 0.\overline{3} becomes 0.(3).
  void repeating_part(std::string& digits) {
    constexpr std::string_view kMark = "\\overline{";
    if (digits.find('.') == std::string::npos) {
      if (!rest().starts_with(".\\overline{")) return;
      ++at_;
      digits += '.';
    }
    if (!rest().starts_with(kMark)) return;
    std::size_t end = at_ + kMark.size();
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == at_ + kMark.size() || end >= text_.size() || text_[end] != '}') return;
    digits += "(" + std::string(text_.substr(at_ + kMark.size(), end - at_ - kMark.size())) + ")";
    at_ = end + 1;
  }

  void decimal_exponent(std::string& digits) {
    if ((peek(0) != 'e' && peek(0) != 'E') || digits.back() == ')') return;
    const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return;
    const bool negative = peek(1) == '-';
    at_ += 1 + sign;
    digits += negative ? "e-" : "e";
    digits += digit_run();
  }

  bool letters() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    word(text_.substr(begin, at_ - begin));
    return true;
  }

  void word(std::string_view run) {
    if (const std::string_view name = function_name(run); !name.empty()) return push(Tok::function, std::string(name));
    if (run == "pi" || run == "Pi") return push(Tok::symbol, "pi");
    if (run == "infinity" || run == "oo" || run == "inf") return push(Tok::symbol, "inf");
    if (run == "and" || run == "or") return push(Tok::conjunction);
    if (run == "percent" || run == "pct" || run == "percentage") return push(Tok::percent);
    if (run == "degrees" || run == "degree") return push(Tok::degree);
    if (run == "U" && spaced_ && text_braces_ == 0 && !lexed_.tokens.empty() && lexed_.tokens.back().kind == Tok::close)
      return push(Tok::set_op, "cup");
    if (run.size() == 1 || is_letter_name(run)) return push(Tok::symbol, std::string(run));
    push(Tok::word, std::string(run));
  }

  bool backslash() {
    const char next = peek(1);
    if (is_letter(next)) return command();
    if (next == '\\') return double_backslash();
    if (next == '{') return take(2, Tok::open, "{");
    if (next == '}') return take(2, Tok::close, "}");
    if (next == '%') return take(2, Tok::percent, "");
    if (next == '|') return take(2, Tok::bar, "");
    if (next == '&' || next == '#' || next == '_') return false;
    return skip(next == '\0' ? 1 : 2);  // \, \; \! \( \) \[ \] \$ and a stray last backslash
  }

  // Inside an environment a row ends; elsewhere it is an escaped backslash, or a new line.
  bool double_backslash() {
    if (environments_ > 0) return take(2, Tok::row_break, "");
    if (is_letter(peek(2))) return skip(1);
    return is_end_of_text(at_ + 2) ? skip(2) : take(2, Tok::semicolon, "");
  }

  bool command() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (name == "begin" || name == "end") return environment(name == "begin", end);
    if (is_text_command(name)) return text_argument(end);
    if (is_colour_command(name)) return colour(end);
    if (const Spelling* known = find_command(name)) {
      if (known->kind != Tok::finish) return take(end - at_, known->kind, known->value);
      skip(end - at_);
      if ((name == "left" || name == "right") && peek(0) == '.') ++at_;
      return true;
    }
    if (name == "mathbb") return blackboard(end);
    if (name.starts_with("quad") && name.size() > 4) return skip(5);
    at_ = end;
    if (const std::string_view function = function_name(name); !function.empty()) return push(Tok::function, std::string(function)), true;
    if (is_letter_name(name)) return push(Tok::symbol, std::string(name)), true;
    at_ = end - name.size() - 1;
    return false;
  }

  bool environment(bool begins, std::size_t name_at) {
    if (name_at >= text_.size() || text_[name_at] != '{') return false;
    const std::size_t end = text_.find('}', name_at);
    if (end == std::string_view::npos) return false;
    const std::string_view name = text_.substr(name_at + 1, end - name_at - 1);
    at_ = end + 1;
    if (name == "array" && begins && peek(0) == '{') {
      const std::size_t columns = text_.find('}', at_);
      if (columns == std::string_view::npos) return false;
      at_ = columns + 1;
    }
    const bool matrix = name.ends_with("matrix") || name == "array" || name == "cases";
    if (!matrix) return skip(0);
    environments_ += begins ? 1 : -1;
    push(begins ? Tok::begin : Tok::end, name == "cases" ? "cases" : "matrix");
    return environments_ >= 0;
  }

  bool text_argument(std::size_t brace) {
    while (brace < text_.size() && is_blank(text_[brace])) ++brace;
    at_ = brace;
    spaced_ = true;
    if (peek(0) != '{') return true;
    ++at_;
    ++text_braces_;
    return true;
  }

  // \color{red}{5} shows 5.
  bool colour(std::size_t brace) {
    const std::size_t close = brace < text_.size() && text_[brace] == '{' ? text_.find('}', brace) : std::string_view::npos;
    if (close == std::string_view::npos) return false;
    at_ = close;
    return skip(1);
  }

  bool blackboard(std::size_t brace) {
    const bool braced = brace < text_.size() && text_[brace] == '{';
    at_ = brace + braced;
    if (!is_letter(peek(0))) return false;
    push(Tok::symbol, std::string("bb") + text_[at_]);
    at_ += 1;
    if (braced && peek(0) == '}') ++at_;
    return true;
  }

  char peek(std::size_t offset) const { return at_ + offset < text_.size() ? text_[at_ + offset] : '\0'; }
  std::string_view rest() const { return text_.substr(at_); }
  bool is_end_of_text(std::size_t at) const { return text_.find_first_not_of(" \t\r\n$.}", at) == std::string_view::npos; }

  std::string_view text_;
  Commas commas_;
  std::size_t at_ = 0;
  Lexed lexed_;
  bool spaced_ = false;
  bool grouping_ = false;
  bool blank_grouping_ = false;
  int brackets_ = 0;
  int environments_ = 0;
  int text_braces_ = 0;  // open braces since \text{, 0 outside
};

}  // namespace

Result<Lexed> lex(std::string_view text, Commas commas) {
  if (text.size() > kMaxBytes) return fail(ErrorKind::invalid_request, "limit: more than " + std::to_string(kMaxBytes) + " bytes");
  return Lexer(text, commas).run();
}

}  // namespace xrouter::grade::math
