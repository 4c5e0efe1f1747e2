// A root separation bound: how close to zero a value built from roots can be without being zero.
#pragma once

#include <optional>

#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// For a tree of rationals, + - * /, powers, roots, i and sines of rational multiples of pi: the number of bits b such that the value
/// is zero whenever it is smaller than 2^-b. nullopt when another function is in the tree or the bound
/// would be useless (see separation.cpp for the rule and its source).
std::optional<long> separation_bits(const Node& difference);

}  // namespace xrouter::grade::math
