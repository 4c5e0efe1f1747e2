// Commands with arguments, functions and environments.
#include <utility>

#include "xrouter/grade/math/parser.hpp"

namespace xrouter::grade::math {

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
  if (name == "phantom") {  // takes room and shows nothing
    if (!parse_argument() || !starts_atom()) return refuse("nothing is shown");
    return parse_atom();
  }
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
  if (argument->kind == Kind::tuple && argument->text == "()")
    kids = std::move(argument->kids);
  else
    kids.push_back(std::move(*argument));
  if (index) kids.push_back(std::move(*index));
  const bool inverse =
      exponent && exponent->kind == Kind::negation && exponent->kids[0].text == "1" && (name == "sin" || name == "cos" || name == "tan");
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
    while (accept(Tok::comma)) {
    }
    if (accept(Tok::ampersand)) continue;
    if (!at(Tok::row_break) && !at(Tok::end)) return refuse("not a matrix");
    if (columns && column != columns) return refuse("the rows of a matrix differ in length");
    columns = std::exchange(column, 0);
    while (accept(Tok::row_break)) {
    }
  }
  const std::string kind = peek().text;
  ++at_;
  Parsed matrix = node(Kind::matrix, kind, std::move(cells));
  if (matrix) matrix->columns = columns;
  return matrix;
}

}  // namespace xrouter::grade::math
