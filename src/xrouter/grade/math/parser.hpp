// The recursive-descent parser behind parse.hpp.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "xrouter/grade/math/lex.hpp"
#include "xrouter/grade/math/names.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// Each parse_x() returns nullopt at the first error; error() says which. Used once.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::optional<Node> parse_all();
  const char* error() const { return error_ ? error_ : "not in the grammar"; }

 private:
  using Parsed = std::optional<Node>;
  class Level;  // counts recursion

  // parse.cpp: lists, relations, sums, products
  Parsed parse_list(Tok end);
  Parsed parse_items(Tok end, Tok separator);
  Parsed parse_relation();
  Parsed parse_set_expression();
  Parsed parse_ratio();
  Parsed parse_sum();
  Parsed parse_product();
  Parsed parse_factor();

  // parse_atom.cpp: what a product multiplies
  Parsed parse_postfix(bool with_exponent = true);
  Parsed parse_atom();
  Parsed parse_number();
  Parsed parse_symbol();
  Parsed parse_words();
  Parsed parse_bracket();
  Parsed parse_braces();
  Parsed parse_bars();
  Parsed parse_exponent();
  Parsed with_unit(Node operand);
  Parsed times_scale(Node operand, const Scale& scale);

  // parse_command.cpp
  Parsed parse_argument();
  Parsed parse_command();
  Parsed parse_function();
  Parsed parse_implicit_argument();
  Parsed parse_big();
  Parsed parse_matrix();

  const Token& peek(std::size_t ahead = 0) const;
  bool at(Tok kind) const { return peek().kind == kind; }
  bool at_close(std::string_view text) const { return at(Tok::close) && peek().text == text; }
  bool accept(Tok kind);
  bool starts_atom() const;
  bool starts_unit() const;
  bool is_prose_border() const;
  bool ends_list(Tok end) const;
  std::nullopt_t refuse(const char* why);
  Parsed node(Kind kind, std::string text, std::vector<Node> kids);
  Parsed node(Kind kind, std::string text, Node kid);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  int level_ = 0;
  int bars_ = 0;  // open |
  const char* error_ = nullptr;
};

class Parser::Level {
 public:
  explicit Level(Parser& parser) : parser_(parser) { ++parser_.level_; }
  ~Level() { --parser_.level_; }
  Level(const Level&) = delete;
  bool too_deep() const;

 private:
  Parser& parser_;
};

}  // namespace xrouter::grade::math
