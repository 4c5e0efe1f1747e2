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
  return token.kind == Tok::symbol &&
         (token.text == "f" || token.text == "g" || token.text == "h" || token.text == "F" || token.text == "G");
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
    case Tok::big:
    case Tok::open:
    case Tok::lbrace:
    case Tok::begin:
    case Tok::root_sign:
      return true;
    case Tok::command:
      return next.text != "choose";
    case Tok::bar:
      return bars_ == 0;
    default:
      return false;
  }
}

bool Parser::starts_unit() const {
  const Token& next = peek();
  if (next.kind != Tok::word && next.kind != Tok::symbol) return false;
  if (next.from_text) return true;
  return next.kind == Tok::word ? is_unit_word(lower(next.text)) || scale_of(lower(next.text)) != nullptr : next.text == "m" && peek(1).kind == Tok::power_digit;
}

// Everything that reads like a unit up to the next operator: "square cm", "m/s^2", "\text{ any text}".
// "million" before it is a factor.
Parser::Parsed Parser::with_unit(Node operand) {
  std::string unit;
  while (at(Tok::word)) {
    const Scale* scale = scale_of(lower(peek().text));
    if (!scale) break;
    ++at_;
    Parsed scaled = times_scale(std::move(operand), *scale);
    if (!scaled) return scaled;
    operand = std::move(*scaled);
  }
  if (!starts_unit()) return operand;
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

Parser::Parsed Parser::times_scale(Node operand, const Scale& scale) {
  std::vector<Node> kids;
  kids.push_back(number_node(scale.base));
  kids.push_back(number_node(scale.exponent));
  Parsed factor = node(Kind::power, "", std::move(kids));
  if (!factor) return factor;
  std::vector<Node> factors;
  factors.push_back(std::move(operand));
  factors.push_back(std::move(*factor));
  return node(Kind::product, "", std::move(factors));
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
      if (value->kind == Kind::symbol)
        value->text += '\'';
      else
        value = node(Kind::function, "prime", std::move(*value));
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
    case Tok::number:
      return parse_number();
    case Tok::symbol:
      return parse_symbol();
    case Tok::word:
      return parse_words();
    case Tok::function:
      return parse_function();
    case Tok::command:
      return parse_command();
    case Tok::big:
      return parse_big();
    case Tok::open:
      return parse_bracket();
    case Tok::lbrace:
      return parse_braces();
    case Tok::bar:
      return parse_bars();
    case Tok::begin:
      return parse_matrix();
    case Tok::root_sign: {
      ++at_;
      Parsed operand = parse_postfix(false);
      return operand ? node(Kind::function, "sqrt", std::move(*operand)) : operand;
    }
    default:
      return refuse("an operand is missing");
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
  if (several)
    items = std::move(inside->kids);
  else
    items.push_back(std::move(*inside));
  if (open == "{") return node(Kind::set, "", std::move(items));
  return node(Kind::tuple, open + close, std::move(items));
}

// LaTeX braces group; several items between them are meant as a set.
Parser::Parsed Parser::parse_braces() {
  ++at_;
  const int bars = std::exchange(bars_, 0);
  Parsed inside = parse_list(Tok::rbrace);
  if (inside && at(Tok::command) && peek().text == "choose") {  // {n \choose k}
    ++at_;
    Parsed below = parse_list(Tok::rbrace);
    if (!below) return below;
    std::vector<Node> kids;
    kids.push_back(std::move(*inside));
    kids.push_back(std::move(*below));
    inside = node(Kind::function, "binom", std::move(kids));
  }
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

}  // namespace xrouter::grade::math
