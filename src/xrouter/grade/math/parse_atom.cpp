#include <algorithm>

#include "xrouter/grade/math/limits.hpp"
#include "xrouter/grade/math/names.hpp"
#include "xrouter/grade/math/parser.hpp"

namespace xrouter::grade::math {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "xy" and "AB" are products; "odd" and "Monday" are words.
bool is_product_of_letters(std::string_view word) {
  if (is_english_word(lower(word))) return false;
  return word.size() <= 3 || (word.size() == 4 && std::ranges::all_of(word, is_upper));
}

bool is_function_letter(const Token& token) {
  return token.kind == Tok::symbol && (token.text == "f" || token.text == "g" || token.text == "h" || token.text == "F" || token.text == "G");
}

bool is_integer_token(const Token& token) {
  return token.kind == Tok::number && std::ranges::all_of(token.text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_integer(const Node& node) {
  return node.kind == Kind::number && std::ranges::all_of(node.text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool Parser::starts_atom() const {
  const Token& next = peek();
  switch (next.kind) {
    case Tok::number:
    case Tok::symbol:
    case Tok::word:
    case Tok::function:
    case Tok::command:
    case Tok::big:
    case Tok::open:
    case Tok::lbrace:
    case Tok::begin:
    case Tok::root_sign: return true;
    case Tok::bar: return bars_ == 0;
    default: return false;
  }
}

bool Parser::starts_unit() const {
  const Token& next = peek();
  if (next.kind != Tok::word && next.kind != Tok::symbol) return false;
  if (next.from_text) return true;
  return next.kind == Tok::word ? is_unit_word(lower(next.text)) : next.text == "m" && peek(1).kind == Tok::power_digit;
}

// Everything that reads like a unit up to the next operator: "square cm", "m/s^2", "\text{ any text}".
Parser::Parsed Parser::with_unit(Node operand) {
  std::string unit;
  while (starts_unit() || (at(Tok::slash) && !unit.empty() && (peek(1).kind == Tok::word || peek(1).kind == Tok::symbol)) ||
         (peek().from_text && !at(Tok::finish) && !at(Tok::conjunction) && !at(Tok::comma))) {
    if (!unit.empty() && !at(Tok::slash) && unit.back() != '/') unit += ' ';
    unit += at(Tok::slash) ? "/" : lower(peek().text);
    ++at_;
    if (at(Tok::power_digit)) ++at_, unit += "^" + tokens_[at_ - 1].text;
    if (!at(Tok::caret)) continue;
    ++at_;
    Parsed exponent = parse_argument();
    if (!exponent) return exponent;
    unit += "^" + (exponent->kids.empty() ? exponent->text : canonical(*exponent));
  }
  return node(Kind::unit, std::move(unit), std::move(operand));
}

// An atom with what is written behind it: exponents, indices, factorials, percent and degree signs.
Parser::Parsed Parser::parse_postfix(bool with_exponent) {
  const Level level(*this);
  if (level.too_deep()) return refuse("limit: nested too deeply");
  Parsed value = parse_atom();
  while (value) {
    if (at(Tok::bang)) {
      ++at_;
      value = node(Kind::function, "factorial", std::move(*value));
    } else if (at(Tok::percent)) {
      ++at_;
      value = node(Kind::percent, "", std::move(*value));
    } else if (at(Tok::degree)) {
      ++at_;
      value = node(Kind::degree, "", std::move(*value));
    } else if (at(Tok::prime)) {
      ++at_;
      if (value->kind == Kind::symbol) value->text += '\'';
      else value = node(Kind::function, "prime", std::move(*value));
    } else if (with_exponent && at(Tok::power_digit)) {
      Node digit{.kind = Kind::number, .text = peek().text};
      ++at_;
      std::vector<Node> kids;
      kids.push_back(std::move(*value));
      kids.push_back(std::move(digit));
      value = node(Kind::power, "", std::move(kids));
    } else if (with_exponent && at(Tok::caret)) {
      ++at_;
      if (accept(Tok::degree)) {
        value = node(Kind::degree, "", std::move(*value));
        continue;
      }
      if (at(Tok::prime)) continue;
      if (at(Tok::lbrace) && peek(1).kind == Tok::prime && peek(2).kind == Tok::rbrace) {
        at_ += 2;
        tokens_[at_].kind = Tok::prime;  // ^{\prime} is a prime
        continue;
      }
      Parsed exponent = parse_exponent();
      if (!exponent) return exponent;
      if (exponent->kind == Kind::degree && exponent->kids.empty()) {
        value = node(Kind::degree, "", std::move(*value));
        continue;
      }
      std::vector<Node> kids;
      kids.push_back(std::move(*value));
      kids.push_back(std::move(*exponent));
      value = node(Kind::power, "", std::move(kids));
    } else {
      break;
    }
  }
  return value;
}

// 2^10 means 2^{10}, as everybody who writes it means; towers group from the right.
Parser::Parsed Parser::parse_exponent() {
  const Level level(*this);
  if (level.too_deep()) return refuse("limit: nested too deeply");
  if (accept(Tok::minus)) {
    Parsed operand = parse_exponent();
    return operand ? node(Kind::negation, "", std::move(*operand)) : operand;
  }
  if (accept(Tok::plus)) return parse_exponent();
  if (at(Tok::lbrace) && peek(1).kind == Tok::degree && peek(2).kind == Tok::rbrace) {
    at_ += 3;
    return Node{.kind = Kind::degree};
  }
  Parsed base = parse_atom();
  if (!base || !accept(Tok::caret)) return base;
  Parsed tower = parse_exponent();
  if (!tower) return tower;
  std::vector<Node> kids;
  kids.push_back(std::move(*base));
  kids.push_back(std::move(*tower));
  return node(Kind::power, "", std::move(kids));
}

Parser::Parsed Parser::parse_atom() {
  const Level level(*this);
  if (level.too_deep()) return refuse("limit: nested too deeply");
  switch (peek().kind) {
    case Tok::number: return parse_number();
    case Tok::symbol: return parse_symbol();
    case Tok::word: return parse_words();
    case Tok::function: return parse_function();
    case Tok::command: return parse_command();
    case Tok::big: return parse_big();
    case Tok::open: return parse_bracket();
    case Tok::lbrace: return parse_braces();
    case Tok::bar: return parse_bars();
    case Tok::begin: return parse_matrix();
    case Tok::root_sign: {
      ++at_;
      Parsed operand = parse_postfix(false);
      return operand ? node(Kind::function, "sqrt", std::move(*operand)) : operand;
    }
    default: return refuse("an operand is missing");
  }
}

Parser::Parsed Parser::parse_number() {
  Parsed number = Node{.kind = Kind::number, .text = peek().text};
  const bool whole = is_integer_token(peek());
  ++at_;
  if (at(Tok::underscore) && whole) {
    ++at_;
    Parsed base = parse_argument();
    return base ? node(Kind::based, number->text, std::move(*base)) : base;
  }
  // Mixed numbers: 1\frac{1}{2} and "7 3/4".
  if (whole && at(Tok::command) && peek().text == "frac") {
    Parsed fraction = parse_command();
    if (!fraction) return fraction;
    const bool mixed = is_integer(fraction->kids[0]) && is_integer(fraction->kids[1]);
    std::vector<Node> kids;
    kids.push_back(std::move(*number));
    kids.push_back(std::move(*fraction));
    return node(mixed ? Kind::sum : Kind::product, "", std::move(kids));
  }
  const bool plain_mixed = whole && peek().spaced && is_integer_token(peek()) && peek(1).kind == Tok::slash && is_integer_token(peek(2));
  if (!plain_mixed) return number;
  std::vector<Node> parts;
  parts.push_back(Node{.kind = Kind::number, .text = peek().text});
  parts.push_back(Node{.kind = Kind::number, .text = peek(2).text});
  at_ += 3;
  Parsed fraction = node(Kind::quotient, "", std::move(parts));
  if (!fraction) return fraction;
  std::vector<Node> kids;
  kids.push_back(std::move(*number));
  kids.push_back(std::move(*fraction));
  return node(Kind::sum, "", std::move(kids));
}

Parser::Parsed Parser::parse_symbol() {
  const bool applies = is_function_letter(peek()) && peek(1).kind == Tok::open && peek(1).text == "(" && !peek(1).spaced;
  Node symbol{.kind = Kind::symbol, .text = peek().text};
  ++at_;
  if (accept(Tok::underscore)) {
    Parsed index = parse_argument();
    if (!index) return index;
    symbol.text += "_" + (index->kids.empty() ? index->text : canonical(*index));
  }
  while (accept(Tok::prime)) symbol.text += '\'';
  if (!applies) return symbol;
  Parsed argument = parse_bracket();
  return argument ? node(Kind::function, std::move(symbol.text), std::move(*argument)) : argument;
}

Parser::Parsed Parser::parse_words() {
  const Token first = peek();
  ++at_;
  if (!first.from_text && is_product_of_letters(first.text)) {
    std::vector<Node> letters;
    for (const char c : first.text) letters.push_back(Node{.kind = Kind::symbol, .text = std::string(1, c)});
    return node(Kind::product, "", std::move(letters));
  }
  std::string words = lower(first.text);
  while (at(Tok::word)) {
    words += ' ' + lower(peek().text);
    ++at_;
  }
  return node(Kind::words, std::move(words), std::vector<Node>{});
}

Parser::Parsed Parser::parse_bracket() {
  const std::string open = peek().text;
  ++at_;
  const int bars = std::exchange(bars_, 0);
  Parsed inside = parse_list(Tok::close);
  bars_ = bars;
  if (!inside || !at(Tok::close)) return refuse("a bracket is not closed");
  const std::string close = peek().text;
  ++at_;
  if (open == "lfloor" || open == "lceil") return node(Kind::function, open == "lfloor" ? "floor" : "ceil", std::move(*inside));
  const bool several = inside->kind == Kind::list;
  if (!several && ((open == "(" && close == ")") || (open != "{" && inside->kind == Kind::matrix))) return inside;
  std::vector<Node> items;
  if (several) items = std::move(inside->kids);
  else items.push_back(std::move(*inside));
  if (open == "{") return node(Kind::set, "", std::move(items));
  return node(Kind::tuple, open + close, std::move(items));
}

// LaTeX braces group; several items between them are meant as a set.
Parser::Parsed Parser::parse_braces() {
  ++at_;
  const int bars = std::exchange(bars_, 0);
  Parsed inside = parse_list(Tok::rbrace);
  bars_ = bars;
  if (!inside || !accept(Tok::rbrace)) return refuse("a brace is not closed");
  if (inside->kind != Kind::list || inside->kids.empty()) return inside;
  return node(Kind::set, "", std::move(inside->kids));
}

Parser::Parsed Parser::parse_bars() {
  ++at_;
  ++bars_;
  Parsed inside = parse_sum();
  --bars_;
  if (!inside || !accept(Tok::bar)) return refuse("a bar is not closed");
  return node(Kind::function, "abs", std::move(*inside));
}

// {x}, or a single token as TeX takes it: of a number only its first digit.
Parser::Parsed Parser::parse_argument() {
  const Level level(*this);
  if (level.too_deep()) return refuse("limit: nested too deeply");
  if (at(Tok::lbrace)) return parse_braces();
  if (!at(Tok::number) || peek().text.size() == 1) return parse_atom();
  Token& number = tokens_[at_];
  if (number.text[0] == '.' || number.text[1] == '.') return parse_atom();
  Node digit{.kind = Kind::number, .text = number.text.substr(0, 1)};
  number.text.erase(0, 1);
  return digit;
}

Parser::Parsed Parser::parse_command() {
  const std::string name = peek().text;
  ++at_;
  if (name == "group") return parse_argument();
  if (name == "sqrt") {
    Parsed index;
    if (at(Tok::open) && peek().text == "[") {
      ++at_;
      index = parse_sum();
      if (!index || !at_close("]")) return refuse("a root's index is not closed");
      ++at_;
    }
    Parsed operand = parse_argument();
    if (!operand) return operand;
    if (!index) return node(Kind::function, "sqrt", std::move(*operand));
    std::vector<Node> kids;
    kids.push_back(std::move(*operand));
    kids.push_back(std::move(*index));
    return node(Kind::function, "root", std::move(kids));
  }
  Parsed first = parse_argument();
  if (!first) return first;
  if (name != "frac" && name != "binom") return node(Kind::function, name, std::move(*first));
  Parsed second = parse_argument();
  if (!second) return second;
  std::vector<Node> kids;
  kids.push_back(std::move(*first));
  kids.push_back(std::move(*second));
  return node(name == "frac" ? Kind::quotient : Kind::function, name == "frac" ? "" : "binom", std::move(kids));
}

// \sin^2 x, \log_2 8, \sin 2x, sqrt(3).
Parser::Parsed Parser::parse_function() {
  const std::string name = peek().text;
  ++at_;
  Parsed index;
  Parsed exponent;
  while (at(Tok::underscore) || at(Tok::caret)) {
    const bool is_index = at(Tok::underscore);
    ++at_;
    (is_index ? index : exponent) = is_index ? parse_argument() : parse_exponent();
    if (is_index ? !index : !exponent) return refuse("an index is missing");
  }
  std::vector<Node> kids;
  Parsed argument = parse_implicit_argument();
  if (!argument) return argument;
  if (argument->kind == Kind::tuple && argument->text == "()") kids = std::move(argument->kids);
  else kids.push_back(std::move(*argument));
  if (index) kids.push_back(std::move(*index));
  const bool inverse = exponent && exponent->kind == Kind::negation && exponent->kids[0].text == "1" && (name == "sin" || name == "cos" || name == "tan");
  Parsed call = node(Kind::function, inverse ? "arc" + name : name, std::move(kids));
  if (!call || !exponent || inverse) return call;
  std::vector<Node> power;
  power.push_back(std::move(*call));
  power.push_back(std::move(*exponent));
  return node(Kind::power, "", std::move(power));
}

// What a function without brackets is applied to: factors side by side, up to an operator or another function.
Parser::Parsed Parser::parse_implicit_argument() {
  if (at(Tok::open) || at(Tok::lbrace) || at(Tok::bar)) return parse_atom();
  if (at(Tok::minus)) return parse_factor();
  std::vector<Node> factors;
  do {
    Parsed factor = parse_postfix();
    if (!factor) return factor;
    factors.push_back(std::move(*factor));
  } while ((at(Tok::symbol) && !peek().from_text) || at(Tok::number) || (at(Tok::command) && factors.size() < 8));
  if (factors.size() == 1) return std::move(factors[0]);
  return node(Kind::product, "", std::move(factors));
}

// Sums, products, integrals and limits are kept as they are written: bounds, then the body.
Parser::Parsed Parser::parse_big() {
  const std::string name = peek().text;
  ++at_;
  std::vector<Node> kids;
  while (at(Tok::underscore) || at(Tok::caret)) {
    const bool lower_bound = at(Tok::underscore);
    ++at_;
    Parsed bound = parse_argument();
    if (bound) bound = node(Kind::function, lower_bound ? "from" : "to", std::move(*bound));
    if (!bound) return bound;
    kids.push_back(std::move(*bound));
  }
  Parsed body = parse_product();
  if (!body) return body;
  kids.push_back(std::move(*body));
  return node(Kind::function, name, std::move(kids));
}

Parser::Parsed Parser::parse_matrix() {
  ++at_;
  std::vector<Node> cells;
  int columns = 0;
  int column = 0;
  while (!at(Tok::end)) {
    if (at(Tok::finish)) return refuse("an environment is not ended");
    Parsed cell = parse_relation();
    if (!cell) return cell;
    cells.push_back(std::move(*cell));
    ++column;
    while (accept(Tok::comma)) {}
    if (accept(Tok::ampersand)) continue;
    if (!at(Tok::row_break) && !at(Tok::end)) return refuse("not a matrix");
    if (columns && column != columns) return refuse("the rows of a matrix differ in length");
    columns = std::exchange(column, 0);
    while (accept(Tok::row_break)) {}
  }
  const std::string kind = peek().text;
  ++at_;
  Parsed matrix = node(Kind::matrix, kind, std::move(cells));
  if (matrix) matrix->columns = columns;
  return matrix;
}

}  // namespace xrouter::grade::math
