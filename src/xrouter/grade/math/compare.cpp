#include "xrouter/grade/math/compare.hpp"

#include <algorithm>
#include <functional>

#include "xrouter/grade/math/rational_function.hpp"
#include "xrouter/grade/math/scalar.hpp"
#include "xrouter/grade/math/shape.hpp"

namespace xrouter::grade::math {
namespace {

constexpr std::size_t kMaxSteps = 2'000;  // comparisons of parts
constexpr std::size_t kMaxItems = 64;     // of a collection without order

bool is_collection(const Node& node) { return node.kind == Kind::list || node.kind == Kind::set || node.kind == Kind::tuple; }

bool is_scalar(const Node& node) {
  return !is_collection(node) && node.kind != Kind::relation && node.kind != Kind::matrix && node.kind != Kind::set_op &&
         node.kind != Kind::ratio && node.kind != Kind::words;
}

bool mentions_infinity(const Node& node) { return is_symbol(node, "inf") || std::ranges::any_of(node.kids, mentions_infinity); }

// The items of a collection, each plus-minus sign standing for two.
std::vector<Node> items_of(const Node& node) {
  std::vector<Node> items;
  const auto add = [&](const Node& item) {
    for (Node& value : expanded_signs(item)) items.push_back(std::move(value));
  };
  if (is_collection(node))
    std::ranges::for_each(node.kids, add);
  else
    add(node);
  return items;
}

Node difference_of_sides(const Node& relation) {
  std::vector<Node> negated;
  negated.push_back(relation.kids[1]);
  std::vector<Node> terms;
  terms.push_back(relation.kids[0]);
  terms.push_back(make_node(Kind::negation, "", std::move(negated)));
  return make_node(Kind::sum, "", std::move(terms));
}

// A perfect matching in the graph of equal pairs, by augmenting paths.
bool has_matching(const std::vector<std::vector<bool>>& equal) {
  const std::size_t size = equal.size();
  std::vector<std::size_t> owner(size, size);
  for (std::size_t row = 0; row < size; ++row) {
    std::vector<bool> seen(size, false);
    const std::function<bool(std::size_t)> place = [&](std::size_t item) {
      for (std::size_t column = 0; column < size; ++column) {
        if (!equal[item][column] || seen[column]) continue;
        seen[column] = true;
        if (owner[column] < size && !place(owner[column])) continue;
        owner[column] = item;
        return true;
      }
      return false;
    };
    if (!place(row)) return false;
  }
  return true;
}

}  // namespace

Verdict Comparer::compare(const Node& gold, const Node& answer) {
  if (++steps_ > kMaxSteps) return Verdict::undecided;
  if (canonical(gold) == canonical(answer)) {
    reason_ = "the same expression";
    return Verdict::equal;
  }
  if (is_false_equation(gold) || is_false_equation(answer)) {
    reason_ = "an equation that does not hold";
    return Verdict::different;
  }
  return compare_reduced(reduced_relation(evaluated_matrices(gold)), reduced_relation(evaluated_matrices(answer)));
}

// 2 + 2 = 5 says nothing. Sides that have no value to compare are left alone, and so are different units.
bool Comparer::is_false_equation(const Node& node) {
  if (node.kind != Kind::relation) return false;
  const Node* last = nullptr;
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    if (i > 0 && node.text[i - 1] != rel::kEqual) last = nullptr;
    if (!is_closed(node.kids[i])) continue;
    if (last && contradict(*last, node.kids[i])) return true;
    last = &node.kids[i];
  }
  return false;
}

bool Comparer::contradict(const Node& a, const Node& b) {
  const bool scalars = is_scalar(a) && is_scalar(b);
  if (!scalars && (a.kind != b.kind || !is_collection(a))) return false;
  if (a.kind == Kind::unit && b.kind == Kind::unit && a.text != b.text) return false;
  if ((a.kind == Kind::based) != (b.kind == Kind::based)) {
    const auto left = rational_value(a);
    const auto right = rational_value(b);
    return !left || !right || !(*left == *right);
  }
  return compare(a, b) == Verdict::different && compare(b, a) == Verdict::different;
}

Verdict Comparer::compare_reduced(const Node& gold, const Node& answer) {
  const bool gold_relates = gold.kind == Kind::relation;
  const bool answer_relates = answer.kind == Kind::relation;
  if (gold_relates && answer_relates) return compare_relations(gold, answer);
  if (gold_relates || answer_relates) {
    const Node& relation = gold_relates ? gold : answer;
    if (auto interval = as_interval(relation)) return gold_relates ? compare(*interval, answer) : compare(gold, *interval);
    if (!dialect_.allow_equation_unwrap) return Verdict::different;
    // A key says what is asked for by a name; an answer may say more: m + n = 17.
    const Node* value = gold_relates ? named_value(gold) : asserted_value(answer);
    if (!value) return Verdict::different;
    return gold_relates ? compare(*value, answer) : compare(gold, *value);
  }
  if (gold.kind == Kind::words || answer.kind == Kind::words) return compare_words(gold, answer);
  if (gold.kind == Kind::ratio || answer.kind == Kind::ratio) return compare_ratios(gold, answer);
  if (gold.kind == Kind::matrix || answer.kind == Kind::matrix) {
    const bool same_shape = gold.kind == answer.kind && gold.columns == answer.columns;
    return same_shape ? compare_in_order(gold.kids, answer.kids) : Verdict::different;
  }
  if (gold.kind == Kind::set_op || answer.kind == Kind::set_op) {
    if (gold.kind != answer.kind || gold.text != answer.text) return Verdict::different;
    return gold.text == "setminus" ? compare_in_order(gold.kids, answer.kids) : compare_unordered(gold.kids, answer.kids);
  }
  const bool several = is_collection(gold) || is_collection(answer) || expanded_signs(gold).size() > 1 || expanded_signs(answer).size() > 1;
  return several ? compare_collections(gold, answer) : compare_scalar(gold, answer);
}

Verdict Comparer::compare_scalar(const Node& gold, const Node& answer) {
  if (!is_scalar(gold) || !is_scalar(answer)) return Verdict::different;
  if (mentions_infinity(gold) || mentions_infinity(answer)) return Verdict::different;  // equal ones have equal trees
  ScalarVerdict scalar = compare_scalars(gold, answer, dialect_);
  reason_ = std::move(scalar.reason);
  return scalar.verdict;
}

Verdict Comparer::compare_relations(const Node& gold, const Node& answer) {
  if (gold.text.size() != 1 || answer.text.size() != 1) {
    if (gold.text == answer.text) return compare_in_order(gold.kids, answer.kids);
    const auto left = as_interval(gold);
    const auto right = as_interval(answer);
    return left && right ? compare(*left, *right) : Verdict::different;
  }
  if (gold.text != "=" || answer.text != "=") return compare_inequality(gold, answer);
  // The same name on both sides: its values are what counts, to the written digits.
  if (canonical(gold.kids[0]) == canonical(answer.kids[0]) && compare(gold.kids[1], answer.kids[1]) == Verdict::equal)
    return Verdict::equal;
  const auto sign = proportion_sign(difference_of_sides(gold), difference_of_sides(answer));
  reason_ = "as equations";
  return sign && *sign != 0 ? Verdict::equal : Verdict::different;
}

Verdict Comparer::compare_inequality(const Node& gold, const Node& answer) {
  reason_ = "as inequalities";
  const auto sign = proportion_sign(difference_of_sides(gold), difference_of_sides(answer));
  if (!sign || *sign == 0) return Verdict::different;
  const char op = *sign > 0 ? answer.text[0] : flipped(answer.text[0]);
  return op == gold.text[0] ? Verdict::equal : Verdict::different;
}

Verdict Comparer::compare_words(const Node& gold, const Node& answer) {
  // \text{C} and (C) are the same letter, but a word is no product of its letters.
  reason_ = "as words";
  return gold.kind == answer.kind && gold.text == answer.text ? Verdict::equal : Verdict::different;
}

// 2:3 is 4:6, but 12:00 is not 1:00.
Verdict Comparer::compare_ratios(const Node& gold, const Node& answer) {
  if (gold.kind != answer.kind || gold.kids.size() != answer.kids.size()) return Verdict::different;
  if (compare_in_order(gold.kids, answer.kids) == Verdict::equal) return Verdict::equal;
  reason_ = "as ratios";
  std::vector<Rational> left, right;
  for (std::size_t i = 0; i < gold.kids.size(); ++i) {
    auto a = rational_value(gold.kids[i]);
    auto b = rational_value(answer.kids[i]);
    if (!a || !b || a->is_zero() || b->is_zero()) return Verdict::different;
    fmpq_div(a->get(), a->get(), b->get());
    left.push_back(std::move(*a));
  }
  return std::ranges::all_of(left, [&](const Rational& factor) { return factor == left[0]; }) ? Verdict::equal : Verdict::different;
}

Verdict Comparer::compare_collections(const Node& gold, const Node& answer) {
  // A pair of brackets around a list of values adds nothing; around an interval it does.
  const bool tuples = gold.kind == Kind::tuple && answer.kind == Kind::tuple;
  if (tuples && gold.text != answer.text) return Verdict::different;
  if (!is_collection(gold) && answer.kind == Kind::tuple) return Verdict::different;
  if (!is_collection(answer) && gold.kind == Kind::tuple) return Verdict::different;
  const bool has_set = gold.kind == Kind::set || answer.kind == Kind::set;
  const bool has_tuple = gold.kind == Kind::tuple || answer.kind == Kind::tuple;
  if (has_tuple && has_set) return Verdict::different;
  if (has_tuple && !tuples && (gold.kind == Kind::tuple ? gold : answer).text != "()") return Verdict::different;
  const std::vector<Node> left = items_of(gold);
  const std::vector<Node> right = items_of(answer);
  if (has_tuple || (dialect_.order_matters && !has_set)) return compare_in_order(left, right);
  return compare_unordered(left, right);
}

Verdict Comparer::compare_in_order(const std::vector<Node>& gold, const std::vector<Node>& answer) {
  if (gold.size() != answer.size()) {
    reason_ = "different lengths";
    return Verdict::different;
  }
  Verdict worst = Verdict::equal;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    const Verdict part = compare(gold[i], answer[i]);
    if (part == Verdict::different) return part;
    if (part != Verdict::equal) worst = part;
  }
  return worst;
}

Verdict Comparer::compare_unordered(const std::vector<Node>& gold, const std::vector<Node>& answer) {
  if (gold.size() != answer.size()) {
    reason_ = "different lengths";
    return Verdict::different;
  }
  if (gold.size() > kMaxItems) return Verdict::undecided;
  // What is written alike is paired first; only the rest is compared with everything.
  std::vector<const Node*> left, right;
  std::vector<bool> taken(answer.size(), false);
  std::vector<std::string> texts;
  for (const Node& item : answer) texts.push_back(canonical(item));
  for (const Node& item : gold) {
    std::size_t match = 0;
    const std::string text = canonical(item);
    while (match < answer.size() && (taken[match] || texts[match] != text)) ++match;
    if (match < answer.size())
      taken[match] = true;
    else
      left.push_back(&item);
  }
  for (std::size_t i = 0; i < answer.size(); ++i) {
    if (!taken[i]) right.push_back(&answer[i]);
  }
  std::vector<std::vector<bool>> equal(left.size(), std::vector<bool>(left.size(), false));
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < right.size(); ++j) equal[i][j] = compare(*left[i], *right[j]) == Verdict::equal;
    if (std::ranges::none_of(equal[i], [](bool pair) { return pair; })) return steps_ > kMaxSteps ? Verdict::undecided : Verdict::different;
  }
  if (!has_matching(equal)) return Verdict::different;
  reason_ = "the same items";
  return Verdict::equal;
}

}  // namespace xrouter::grade::math
