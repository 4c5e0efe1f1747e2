// The tree of a mathematical answer: small, without meaning beyond its shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xrouter::grade::math {

enum class Kind : std::uint8_t {
  number,      ///< text: "12", "0.50", "1.5e-7", "0.(3)"; never signed
  based,       ///< text: digits, kids[0]: the base, as in 204_5
  symbol,      ///< text: "x", "x_1", "alpha"; pi, e, i and inf are symbols too, see is_constant()
  words,       ///< text: words that mean nothing here, as in "odd"
  sum,         ///< kids
  negation,    ///< kids[0]
  plus_minus,  ///< kids[0]; text: "+-" or "-+"
  product,     ///< kids
  quotient,    ///< kids[0] / kids[1]
  power,       ///< kids[0] ^ kids[1]
  function,    ///< text: the name, kids: arguments; log and root carry their base or index as kids[1]
  tuple,       ///< text: its two brackets, as in "(]"
  set,         ///< kids, no order
  list,        ///< kids without brackets; text: the separator
  set_op,      ///< text: "cup", "cap" or "setminus"
  matrix,      ///< kids row by row; columns
  relation,    ///< kids[0] ops[0] kids[1] ops[1] ...; text: the operators, one character each
  ratio,       ///< a : b : c
  percent,     ///< kids[0] %
  degree,      ///< kids[0] degrees
  unit,        ///< kids[0] followed by text, folded
};

/// Characters of a relation's text.
namespace rel {
inline constexpr char kEqual = '=', kLess = '<', kGreater = '>', kLessEqual = 'l', kGreaterEqual = 'g', kNotEqual = '!', kApprox = '~',
                      kIn = 'e', kOther = '?';
}

struct Node {
  Kind kind = Kind::words;
  std::string text = {};
  std::vector<Node> kids = {};
  int columns = 0;  ///< of a matrix
  int depth = 1;    ///< of the tree below and with this node
};

/// A node over kids with its depth set.
Node make_node(Kind kind, std::string text, std::vector<Node> kids);
Node number_node(long value);

bool is_symbol(const Node& node, std::string_view name);
/// pi, e, i, inf: symbols with a value.
bool is_constant(const Node& node);
/// True when no symbol without a value, no word and no unknown function is in the tree.
bool is_closed(const Node& node);
/// A text that two trees share exactly when they are the same but for the order of sums, products
/// and sets.
std::string canonical(const Node& node);

}  // namespace xrouter::grade::math
