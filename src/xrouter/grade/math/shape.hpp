// Re-writing answers into comparable shapes. Pure functions on trees.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// "x = 5+5+1 = 11" becomes "x = 11", "3+10 = 13" becomes "13", "1/3 ≈ 0.33" becomes "1/3", "x ≈ 11"
/// becomes "x = 11", "x \in S" becomes "S". Other trees are returned as they are.
Node reduced_relation(Node node);

/// The value that an equation gives to something named: 5 of "x = 5", "5 = x", "f(2) = 5", "(p,q) = 5".
/// nullptr when it is no such equation.
const Node* named_value(const Node& equation);

/// The value side of any equation whose other side is not closed: 17 of "m + n = 17".
const Node* asserted_value(const Node& equation);

/// An inequality as an interval: 0 < x < 1 and x >= 5. nullopt for other trees.
std::optional<Node> as_interval(const Node& relation);

/// The values that a tree with plus-minus signs stands for, or the tree itself.
std::vector<Node> expanded_signs(const Node& node);

/// Sums, negations and products of matrices carried out; other trees, and what does not fit, unchanged.
Node evaluated_matrices(const Node& node);

/// The same relation with the other side first: 5 <= x for x >= 5.
char flipped(char op);

}  // namespace xrouter::grade::math
