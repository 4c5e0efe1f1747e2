// Tokens of LaTeX and of plain notation, in one pass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"

namespace xrouter::grade::math {

enum class Tok : std::uint8_t {
  number,
  symbol,    ///< text: a letter, a Greek name, "…"
  word,      ///< text: two letters or more, as written
  function,  ///< text: canonical name
  command,   ///< text: frac, sqrt, binom, overline, ... (takes arguments)
  big,       ///< text: sum, int, prod, lim
  open,      ///< text: ( [ { where { is the set brace \{
  close,     ///< text: ) ] }
  lbrace,    ///< { of LaTeX
  rbrace,
  bar,  ///< |
  plus,
  minus,
  pm,  ///< text: "+-" or "-+"
  times,
  slash,
  caret,
  underscore,
  comma,
  semicolon,    ///< also a line break outside an environment
  conjunction,  ///< and, or
  colon,
  bang,
  prime,
  percent,
  degree,
  relation,  ///< text: one character of rel::
  set_op,
  begin,  ///< text: the environment
  end,
  ampersand,
  row_break,
  power_digit,  ///< text: the exponent, from ² and its like
  root_sign,    ///< √ without a brace
  finish,
};

struct Token {
  Tok kind = Tok::finish;
  std::string text = {};
  bool spaced = false;     ///< blanks stood before it
  bool from_text = false;  ///< stood in \text{...}
};

/// How to read 1,234 outside of brackets where both are possible.
enum class Commas { thousands, separators };

struct Lexed {
  std::vector<Token> tokens;  ///< ends with finish
  bool ambiguous_comma = false;
};

/// Errors: ErrorKind::invalid_request for a character or command that is not in the grammar, or naming
/// a limit. Linear time.
Result<Lexed> lex(std::string_view text, Commas commas);

}  // namespace xrouter::grade::math
