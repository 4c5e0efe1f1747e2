#include "xrouter/grade/calls/python_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xrouter::grade::calls {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxCalls = 256;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

// Recursive descent over the few forms that a call may hold. The first problem sticks in `problem_`
// and every later step returns at once.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<FunctionCall>> calls() {
    std::vector<FunctionCall> found;
    const bool bracketed = take('[');
    while (!problem_ && !at_end() && !(bracketed && peek() == ']')) {
      found.push_back(call());
      if (found.size() > kMaxCalls) stop("more than 256 calls");
      if (!take(',')) break;
    }
    if (bracketed && !take(']')) stop("the list of calls has no end");
    if (!at_end()) stop("text behind the calls");
    if (problem_) return fail(ErrorKind::invalid_request, fmt::format("no function calls: {} at byte {}", *problem_, position_));
    return found;
  }

 private:
  FunctionCall call() {
    FunctionCall made;
    made.name = dotted_name();
    if (made.name.empty()) stop("a function name is missing");
    if (!take('(')) stop("a function name without arguments");
    read_arguments(made);
    return made;
  }

  void read_arguments(FunctionCall& made) {
    while (!problem_ && !take(')')) {
      read_argument(made);
      if (peek() != ')' && !take(',')) stop("an argument list without end");
    }
  }

  void read_argument(FunctionCall& made) {
    const std::size_t start = position_;
    const std::string name = dotted_name();
    if (!name.empty() && peek() == '=' && peek_at(1) != '=') {
      take('=');
      if (made.find(name)) stop("an argument that is given twice");
      made.arguments.emplace_back(name, expression());
      return;
    }
    position_ = start;
    expression();
    ++made.positional;
  }

  // sum := product (("+" | "-") product)*
  Value expression() {
    Value left = product();
    for (char op = peek(); !problem_ && (op == '+' || op == '-'); op = peek()) {
      take(op);
      left = arithmetic(left, op, product());
    }
    return left;
  }

  Value product() {
    Value left = atom();
    for (char op = peek(); !problem_ && (op == '*' || op == '/'); op = peek()) {
      take(op);
      if (peek() == op) stop("an operator that is not supported");
      left = arithmetic(left, op, atom());
    }
    return left;
  }

  Value arithmetic(const Value& left, char op, const Value& right) {
    const Number* a = left.if_number();
    const Number* b = right.if_number();
    if (!a || !b) return stopped("arithmetic on what is no number");
    if (op == '/' && b->to_double() == 0) return stopped("a division by zero");
    const auto x = a->to_int64();
    const auto y = b->to_int64();
    if (op != '/' && x && y) return whole(*x, op, *y);
    const double value = op == '+' ? a->to_double() + b->to_double() : op == '-' ? a->to_double() - b->to_double() : op == '*' ? a->to_double() * b->to_double() : a->to_double() / b->to_double();
    if (!std::isfinite(value)) return stopped("a number out of range");
    std::string written = fmt::format("{}", value);
    if (written.find_first_of(".e") == std::string::npos) written += ".0";
    return Number{std::move(written)};
  }

  Value whole(std::int64_t x, char op, std::int64_t y) {
    std::int64_t value = 0;
    const bool over = op == '+' ? __builtin_add_overflow(x, y, &value) : op == '-' ? __builtin_sub_overflow(x, y, &value) : __builtin_mul_overflow(x, y, &value);
    return over ? stopped("a number out of range") : Value(value);
  }

  Value atom() {
    if (++depth_ > kMaxDepth) return stopped("nested too deeply");
    Value value = bare_atom();
    --depth_;
    return value;
  }

  Value bare_atom() {
    const char c = peek();
    if (c == '[') return sequence('[', ']', ListKind::list);
    if (c == '(') return sequence('(', ')', ListKind::tuple);
    if (c == '{') return braces();
    if (c == '"' || c == '\'') return literal(string_end());
    if (is_digit(c) || c == '.') return literal(number_end());
    if (c == '-' || c == '+') return signed_number(c);
    if (is_name_start(c)) return named();
    return stopped("an argument that is no value");
  }

  Value sequence(char open, char close, ListKind kind) {
    take(open);
    Value::List list{.kind = kind, .items = {}};
    bool comma = false;
    while (!problem_ && !take(close)) {
      list.items.push_back(expression());
      comma = take(',');
      if (!comma && peek() != close) stop("a list without end");
    }
    if (kind == ListKind::tuple && list.items.size() == 1 && !comma) return std::move(list.items[0]);
    return list;
  }

  Value braces() {
    take('{');
    Value::Dict dict;
    Value::List set{.kind = ListKind::set, .items = {}};
    while (!problem_ && !take('}')) {
      Value key = expression();
      if (take(':')) dict.items.emplace_back(std::move(key), expression());
      else set.items.push_back(std::move(key));
      if (peek() != '}' && !take(',')) stop("a dict without end");
    }
    if (!set.items.empty() && !dict.items.empty()) return stopped("a dict with an item that has no value");
    if (!set.items.empty()) return set;
    return dict;
  }

  Value signed_number(char sign) {
    take(sign);
    const Value value = atom();
    const Number* number = value.if_number();
    if (!number) return stopped("a sign before what is no number");
    if (sign == '+') return *number;
    return number->text.starts_with('-') ? Number{number->text.substr(1)} : Number{"-" + number->text};
  }

  // True, False, None (also as JSON writes them), or a name or an inner call as its own text.
  Value named() {
    const std::size_t start = position_;
    if (const std::size_t end = prefixed_string_end(); end != 0) return literal(end);
    const std::string name = dotted_name();
    if (name == "True" || name == "true") return true;
    if (name == "False" || name == "false") return false;
    if (name == "None" || name == "null") return nullptr;
    bool plain = true;
    for (char next = peek(); !problem_ && (next == '(' || next == '['); next = peek()) {
      plain = false;
      next == '(' ? skip_inner_call() : skip_subscript();
    }
    if (plain) return name;
    return std::string(text_.substr(start, end_ - start));
  }

  void skip_inner_call() {
    FunctionCall inner;
    take('(');
    read_arguments(inner);
  }

  void skip_subscript() {
    take('[');
    expression();
    if (!take(']')) stop("a subscript without end");
  }

  // r'...', b'...' and their like; 0 when the name before us is no such prefix.
  std::size_t prefixed_string_end() {
    std::size_t quote = position_;
    while (quote < text_.size() && quote < position_ + 2 && is_name_start(text_[quote])) ++quote;
    if (quote >= text_.size() || (text_[quote] != '"' && text_[quote] != '\'')) return 0;
    const std::size_t start = position_;
    position_ = quote;
    const std::size_t end = string_end();
    position_ = start;
    return end;
  }

  std::size_t string_end() const {
    const char quote = text_[position_];
    const std::string three(3, quote);
    const bool triple = text_.substr(position_, 3) == three;
    std::size_t at = position_ + (triple ? 3 : 1);
    for (; at < text_.size(); ++at) {
      if (text_[at] == '\\') ++at;
      else if (triple ? text_.substr(at, 3) == three : text_[at] == quote) return at + (triple ? 3 : 1);
    }
    return text_.size();
  }

  std::size_t number_end() const {
    std::size_t at = position_;
    while (at < text_.size()) {
      const char c = text_[at];
      const bool exponent_sign = (c == '-' || c == '+') && at > position_ && (text_[at - 1] == 'e' || text_[at - 1] == 'E');
      if (!is_name_part(c) && c != '.' && !exponent_sign) break;
      ++at;
    }
    return at;
  }

  Value literal(std::size_t end) {
    auto value = parse_python(text_.substr(position_, end - position_));
    if (!value) return stopped("a literal that cannot be read");
    position_ = end;
    skip_blanks();
    return std::move(*value);
  }

  std::string dotted_name() {
    skip_blanks();
    const std::size_t start = position_;
    while (position_ < text_.size() && (is_name_part(text_[position_]) || (text_[position_] == '.' && position_ > start))) {
      if (position_ == start && !is_name_start(text_[position_])) break;
      ++position_;
    }
    std::string name(text_.substr(start, position_ - start));
    skip_blanks();
    return name;
  }

  // Comments count as blanks.
  void skip_blanks() {
    for (; position_ < text_.size(); ++position_) {
      if (text_[position_] == '#') position_ = std::min(text_.find('\n', position_), text_.size() - 1);
      else if (std::string_view(" \t\r\n").find(text_[position_]) == std::string_view::npos) return;
    }
  }
  bool at_end() {
    skip_blanks();
    return position_ >= text_.size();
  }
  char peek() {
    skip_blanks();
    return peek_at(0);
  }
  char peek_at(std::size_t ahead) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  bool take(char wanted) {
    if (problem_ || peek() != wanted) return false;
    end_ = ++position_;
    return true;
  }
  void stop(const char* problem) {
    if (!problem_) problem_ = problem;
  }
  Value stopped(const char* problem) {
    stop(problem);
    return {};
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;  // of the last bracket taken
  int depth_ = 0;
  std::optional<const char*> problem_;
};

}  // namespace

Result<std::vector<FunctionCall>> parse_python_calls(std::string_view text) { return Reader(text).calls(); }

}  // namespace xrouter::grade::calls
