#include "xrouter/grade/math/shape.hpp"

#include <algorithm>
#include <utility>

namespace xrouter::grade::math {
namespace {

bool is_equation(const Node& node) { return node.kind == Kind::relation && node.text == "="; }

bool is_upper_letter(const Node& node) {
  return node.kind == Kind::symbol && !node.text.empty() &&
         ((node.text[0] >= 'A' && node.text[0] <= 'Z') || node.text == "angle" || node.text == "triangle");
}

// What an answer may give a value to: x, a_1, f(2), AB, NO/BO, V_1:V_2, (p, q), |AB|, \angle ABC.
bool is_name(const Node& node) {
  switch (node.kind) {
    case Kind::symbol:
      return !is_constant(node) || node.text == "i" || node.text == "e";
    case Kind::words:
      return true;
    case Kind::function:
      return node.text == "abs" ? is_name(node.kids[0])
                                : node.text.size() == 1 || node.text.find('_') == 1 || node.text == "bar" || node.text == "vec";
    case Kind::product:
      return std::ranges::all_of(node.kids, is_upper_letter);
    case Kind::quotient:
    case Kind::ratio:
      return std::ranges::all_of(node.kids, is_name);
    case Kind::tuple:
      return std::ranges::all_of(node.kids, is_name);
    default:
      return false;
  }
}

Node relation_of(Node left, char op, Node right) {
  std::vector<Node> sides;
  sides.push_back(std::move(left));
  sides.push_back(std::move(right));
  return make_node(Kind::relation, std::string(1, op), std::move(sides));
}

bool is_ascending(char op) { return op == rel::kLess || op == rel::kLessEqual; }
bool is_descending(char op) { return op == rel::kGreater || op == rel::kGreaterEqual; }
bool is_strict(char op) { return op == rel::kLess || op == rel::kGreater; }

Node infinity(bool negative) {
  Node inf{.kind = Kind::symbol, .text = "inf"};
  if (!negative) return inf;
  std::vector<Node> kids;
  kids.push_back(std::move(inf));
  return make_node(Kind::negation, "", std::move(kids));
}

Node interval(const Node& low, bool open_low, const Node& high, bool open_high) {
  std::vector<Node> ends;
  ends.push_back(low);
  ends.push_back(high);
  return make_node(Kind::tuple, std::string(open_low ? "(" : "[") + (open_high ? ")" : "]"), std::move(ends));
}

bool has_sign(const Node& node) { return node.kind == Kind::plus_minus || std::ranges::any_of(node.kids, has_sign); }

// All signs of a tree go together: the upper ones, then the lower ones.
Node with_sign(const Node& node, bool upper) {
  std::vector<Node> kids;
  for (const Node& kid : node.kids) kids.push_back(with_sign(kid, upper));
  if (node.kind == Kind::plus_minus) {
    const bool plus = (node.text == "+-") == upper;
    return plus ? std::move(kids[0]) : make_node(Kind::negation, "", std::move(kids));
  }
  Node made = make_node(node.kind, node.text, std::move(kids));
  made.columns = node.columns;
  return made;
}

constexpr std::size_t kMaxMatrixCells = 64;

std::optional<Node> added(const Node& a, const Node& b) {
  if (a.columns != b.columns || a.kids.size() != b.kids.size()) return std::nullopt;
  Node sum = a;
  for (std::size_t i = 0; i < a.kids.size(); ++i) {
    std::vector<Node> terms;
    terms.push_back(a.kids[i]);
    terms.push_back(b.kids[i]);
    sum.kids[i] = make_node(Kind::sum, "", std::move(terms));
  }
  return sum;
}

std::optional<Node> multiplied(const Node& a, const Node& b) {
  if (a.columns == 0 || b.columns == 0) return std::nullopt;
  const std::size_t inner = static_cast<std::size_t>(a.columns);
  const std::size_t columns = static_cast<std::size_t>(b.columns);
  const std::size_t rows = a.kids.size() / inner;
  if (b.kids.size() != inner * columns || rows * columns * inner > kMaxMatrixCells) return std::nullopt;
  std::vector<Node> cells;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      std::vector<Node> terms;
      for (std::size_t k = 0; k < inner; ++k) {
        std::vector<Node> factors;
        factors.push_back(a.kids[row * inner + k]);
        factors.push_back(b.kids[k * columns + column]);
        terms.push_back(make_node(Kind::product, "", std::move(factors)));
      }
      cells.push_back(make_node(Kind::sum, "", std::move(terms)));
    }
  }
  Node product = make_node(Kind::matrix, a.text, std::move(cells));
  product.columns = b.columns;
  return product;
}

}  // namespace

char flipped(char op) {
  switch (op) {
    case rel::kLess:
      return rel::kGreater;
    case rel::kGreater:
      return rel::kLess;
    case rel::kLessEqual:
      return rel::kGreaterEqual;
    case rel::kGreaterEqual:
      return rel::kLessEqual;
    default:
      return op;
  }
}

Node reduced_relation(Node node) {
  if (node.kind != Kind::relation) return node;
  if (node.text == "e") return std::move(node.kids[1]);
  const bool values = node.text.find_first_not_of("=~") == std::string::npos;
  if (!values) return node;
  // What follows "≈" only repeats the value, unless it is the only value there is.
  std::size_t sides = node.text.find(rel::kApprox);
  sides = sides == std::string::npos ? node.kids.size() : sides + 1;
  if (sides == 1 && !is_closed(node.kids[0])) sides = 2;
  if (sides == 1) return std::move(node.kids[0]);
  Node last = std::move(node.kids[sides - 1]);
  if (is_closed(node.kids[0])) {
    if (sides == 2 && !is_closed(last)) return relation_of(std::move(node.kids[0]), rel::kEqual, std::move(last));
    return last;
  }
  return relation_of(std::move(node.kids[0]), rel::kEqual, std::move(last));
}

const Node* named_value(const Node& equation) {
  if (!is_equation(equation)) return nullptr;
  if (is_name(equation.kids[0])) return &equation.kids[1];
  if (is_name(equation.kids[1]) && is_closed(equation.kids[0])) return &equation.kids[0];
  return nullptr;
}

const Node* asserted_value(const Node& equation) {
  if (const Node* value = named_value(equation)) return value;
  // Whatever is set to zero is an equation, not a value.
  const bool asserts = is_equation(equation) && is_closed(equation.kids[1]) && equation.kids[1].text != "0" && !is_closed(equation.kids[0]);
  return asserts ? &equation.kids[1] : nullptr;
}

std::optional<Node> as_interval(const Node& relation) {
  if (relation.kind != Kind::relation) return std::nullopt;
  const std::string& ops = relation.text;
  const std::vector<Node>& sides = relation.kids;
  if (ops.size() == 2 && is_closed(sides[0]) && is_closed(sides[2])) {
    if (is_ascending(ops[0]) && is_ascending(ops[1])) return interval(sides[0], is_strict(ops[0]), sides[2], is_strict(ops[1]));
    if (is_descending(ops[0]) && is_descending(ops[1])) return interval(sides[2], is_strict(ops[1]), sides[0], is_strict(ops[0]));
  }
  if (ops.size() != 1 || (!is_ascending(ops[0]) && !is_descending(ops[0]))) return std::nullopt;
  const bool value_right = sides[0].kind == Kind::symbol && is_closed(sides[1]);
  if (!value_right && !(sides[1].kind == Kind::symbol && is_closed(sides[0]))) return std::nullopt;
  const char op = value_right ? ops[0] : flipped(ops[0]);
  const Node& value = sides[value_right ? 1 : 0];
  if (is_ascending(op)) return interval(infinity(true), true, value, is_strict(op));
  return interval(value, is_strict(op), infinity(false), true);
}

std::vector<Node> expanded_signs(const Node& node) {
  std::vector<Node> values;
  if (!has_sign(node)) {
    values.push_back(node);
    return values;
  }
  values.push_back(with_sign(node, true));
  values.push_back(with_sign(node, false));
  return values;
}

Node evaluated_matrices(const Node& node) {
  if ((node.kind != Kind::sum && node.kind != Kind::product) || node.kids.empty()) return node;
  if (!std::ranges::all_of(node.kids, [](const Node& kid) { return kid.kind == Kind::matrix && kid.columns > 0; })) return node;
  Node total = node.kids[0];
  for (std::size_t i = 1; i < node.kids.size(); ++i) {
    auto next = node.kind == Kind::sum ? added(total, node.kids[i]) : multiplied(total, node.kids[i]);
    if (!next || next->depth > 60) return node;
    total = std::move(*next);
  }
  return total;
}

}  // namespace xrouter::grade::math
