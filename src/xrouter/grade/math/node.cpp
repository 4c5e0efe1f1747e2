#include "xrouter/grade/math/node.hpp"

#include <algorithm>

#include "xrouter/grade/math/names.hpp"

namespace xrouter::grade::math {
namespace {

bool is_unordered(Kind kind) { return kind == Kind::sum || kind == Kind::product || kind == Kind::set; }

}  // namespace

Node make_node(Kind kind, std::string text, std::vector<Node> kids) {
  Node node{.kind = kind, .text = std::move(text), .kids = std::move(kids)};
  for (const Node& kid : node.kids) node.depth = std::max(node.depth, kid.depth + 1);
  return node;
}

Node number_node(long value) {
  Node node{.kind = Kind::number, .text = std::to_string(value < 0 ? -value : value)};
  if (value >= 0) return node;
  std::vector<Node> kids;
  kids.push_back(std::move(node));
  return make_node(Kind::negation, "", std::move(kids));
}

bool is_symbol(const Node& node, std::string_view name) { return node.kind == Kind::symbol && node.text == name; }

bool is_constant(const Node& node) {
  return node.kind == Kind::symbol && (node.text == "pi" || node.text == "e" || node.text == "i" || node.text == "inf");
}

bool is_closed(const Node& node) {
  if (node.kind == Kind::words || node.kind == Kind::plus_minus) return false;
  if (node.kind == Kind::symbol && !is_constant(node)) return false;
  if (node.kind == Kind::function && !has_value(node.text)) return false;
  return std::ranges::all_of(node.kids, is_closed);
}

std::string canonical(const Node& node) {
  std::vector<std::string> kids;
  for (const Node& kid : node.kids) kids.push_back(canonical(kid));
  if (is_unordered(node.kind)) std::ranges::sort(kids);
  std::string text = std::to_string(static_cast<int>(node.kind)) + "'" + node.text + "'";
  if (node.columns) text += std::to_string(node.columns);
  if (kids.empty()) return text;
  text += '(';
  for (const std::string& kid : kids) (text += kid) += ',';
  text.back() = ')';
  return text;
}

}  // namespace xrouter::grade::math
