#include "xrouter/grammar/program.hpp"

#include <algorithm>
#include <utility>

#include "xrouter/base/assert.hpp"

namespace xrouter::grammar {

using Kind = Node::Kind;

int Program::add(Node node) {
  nodes.push_back(node);
  return static_cast<int>(nodes.size()) - 1;
}

int Program::add_literal(std::string bytes) {
  if (bytes.empty()) return add({.kind = Kind::empty});
  literals.push_back(std::move(bytes));
  return add({.kind = Kind::bytes, .what = static_cast<std::int32_t>(literals.size()) - 1});
}

int Program::add_words(std::vector<std::string> words) {
  if (words.empty()) return add({.kind = Kind::nothing});
  if (words.size() == 1) return add_literal(std::move(words[0]));
  word_sets.emplace_back(std::move(words));
  return add({.kind = Kind::words, .what = static_cast<std::int32_t>(word_sets.size()) - 1});
}

int Program::add_list(Kind kind, const std::vector<int>& list) {
  if (list.size() == 1) return list[0];
  if (list.empty()) return add({.kind = kind == Kind::choice ? Kind::nothing : Kind::empty});
  const auto first = static_cast<std::int32_t>(children.size());
  children.insert(children.end(), list.begin(), list.end());
  return add({.kind = kind, .what = first, .count = static_cast<std::int32_t>(list.size())});
}

int Program::add_repeat(int child, int min, int max) { return add({.kind = Kind::repeat, .what = child, .min = min, .max = max}); }

int Program::add_scan(const SharedDfa& dfa, int min, int max) {
  if (dfa->states() == 0 || min > max) return add({.kind = Kind::nothing});
  const auto known = std::ranges::find_if(dfas, [&](const SharedDfa& each) { return each == dfa || std::ranges::equal(each->fingerprint, dfa->fingerprint); });
  const auto index = static_cast<std::int32_t>(known - dfas.begin());
  if (known == dfas.end()) dfas.push_back(dfa);
  return add({.kind = Kind::scan, .what = index, .min = min, .max = max});
}

int Program::add_around(Kind kind, int child) { return add({.kind = kind, .what = child}); }

namespace {

std::vector<int> children_of(const Program& program, const Node& node) {
  switch (node.kind) {
    case Kind::sequence:
    case Kind::choice:
      return {program.children.begin() + node.what, program.children.begin() + node.what + node.count};
    case Kind::repeat:
    case Kind::nest:
    case Kind::enter:
      return {node.what};
    default:
      return {};
  }
}

std::vector<std::vector<int>> parents_of(const Program& program) {
  std::vector<std::vector<int>> parents(program.nodes.size());
  for (std::size_t i = 0; i < program.nodes.size(); ++i)
    for (const int child : children_of(program, program.nodes[i])) parents[static_cast<std::size_t>(child)].push_back(static_cast<int>(i));
  return parents;
}

int height_of(const Program& program, const Node& node) {
  const auto of_child = [&](int child) { return program.node(child).height; };
  switch (node.kind) {
    case Kind::undefined:
    case Kind::nothing:
      return kUnlimited;
    case Kind::sequence: {
      int most = 0;
      for (const int child : children_of(program, node)) most = std::max(most, of_child(child));
      return most;
    }
    case Kind::choice: {
      int least = kUnlimited;
      for (const int child : children_of(program, node)) least = std::min(least, of_child(child));
      return least;
    }
    case Kind::repeat:
      return node.min == 0 ? 0 : of_child(node.what);
    case Kind::nest:
      return std::min(kUnlimited, of_child(node.what) + 1);
    case Kind::enter:
      return of_child(node.what) <= program.node(node.what).limit ? 0 : kUnlimited;
    case Kind::scan: {
      // A pattern may ask for more than a string may hold.
      const Dfa& dfa = *program.dfas[static_cast<std::size_t>(node.what)];
      const bool fits = !dfa.need.empty() && dfa.need[static_cast<std::size_t>(dfa.start)] <= node.max;
      return fits ? 0 : kUnlimited;
    }
    default:
      return 0;
  }
}

}  // namespace

void settle_levels(Program& program) {
  for (Node& node : program.nodes) node.height = kUnlimited;
  const auto parents = parents_of(program);
  std::vector<int> open(program.nodes.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = static_cast<int>(i);
  while (!open.empty()) {  // heights only fall
    const auto at = static_cast<std::size_t>(open.back());
    open.pop_back();
    const int height = height_of(program, program.nodes[at]);
    if (height >= program.nodes[at].height) continue;
    program.nodes[at].height = height;
    open.insert(open.end(), parents[at].begin(), parents[at].end());
  }
}

std::vector<bool> can_be_empty(const Program& program) {
  std::vector<bool> empty(program.nodes.size(), false);
  const auto now = [&](const Node& node) {
    const auto is_empty = [&](int child) -> bool { return empty[static_cast<std::size_t>(child)]; };
    const std::vector<int> children = children_of(program, node);
    switch (node.kind) {
      case Kind::empty:
        return true;
      case Kind::words:
        return program.word_sets[static_cast<std::size_t>(node.what)].complete(0);
      case Kind::scan: {
        const Dfa& dfa = *program.dfas[static_cast<std::size_t>(node.what)];
        return node.min == 0 && dfa.accepting[static_cast<std::size_t>(dfa.start)] != 0;
      }
      case Kind::sequence:
        return std::ranges::all_of(children, is_empty);
      case Kind::choice:
        return std::ranges::any_of(children, is_empty);
      case Kind::repeat:
        return node.min == 0 || is_empty(node.what);
      case Kind::nest:
      case Kind::enter:
        return is_empty(node.what);
      default:
        return false;
    }
  };
  const auto parents = parents_of(program);
  std::vector<int> open(program.nodes.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = static_cast<int>(i);
  while (!open.empty()) {
    const auto at = static_cast<std::size_t>(open.back());
    open.pop_back();
    if (empty[at] || !now(program.nodes[at])) continue;
    empty[at] = true;
    open.insert(open.end(), parents[at].begin(), parents[at].end());
  }
  return empty;
}

}  // namespace xrouter::grammar
