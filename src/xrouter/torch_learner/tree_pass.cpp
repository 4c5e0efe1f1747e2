#include "xrouter/torch_learner/tree_pass.hpp"

#include <algorithm>
#include <numeric>

#include "xrouter/base/assert.hpp"

namespace xrouter::torch_learner {

namespace {

using learner::TokenTree;

/// Queries of a tile share their keys; more of them would compute more of the corner that nobody sees.
constexpr std::int64_t kTileQueries = 128;

/// In steps that grow with the number, so that long passes have few shapes and little is wasted.
std::int64_t rounded_up(std::int64_t rows) {
  const std::int64_t step = rows <= 512 ? 32 : rows <= 2048 ? 64 : 128;
  return (rows + step - 1) / step * step;
}

/// A stretch of the pass in which every row has the one before it as its parent.
struct Chain {
  Range rows;
  int above = -1;  ///< the chain that it hangs from
};

std::vector<char> needed_nodes(const TokenTree& tree) {
  std::vector<char> needed(tree.tokens.size(), 0);
  for (const TokenTree::Target& target : tree.targets) {
    const int parent = tree.parents[static_cast<std::size_t>(target.node)];
    XROUTER_ASSERT(parent >= 0, "a target is predicted from the token before it");
    needed[static_cast<std::size_t>(parent)] = 1;
  }
  for (std::size_t node = needed.size(); node-- > 0;) {
    XROUTER_ASSERT(tree.parents[node] < static_cast<int>(node), "a parent comes before its children");
    if (needed[node] != 0 && tree.parents[node] >= 0) needed[static_cast<std::size_t>(tree.parents[node])] = 1;
  }
  return needed;
}

/// The needed nodes depth first, and the chains that they form.
struct Layout {
  std::vector<int> nodes;            ///< of each row
  std::vector<std::int64_t> row_of;  ///< of each node; -1: not needed
  std::vector<std::int64_t> positions;
  std::vector<Chain> chains;
};

Layout lay_out(const TokenTree& tree) {
  const auto needed = needed_nodes(tree);
  std::vector<std::vector<int>> children(tree.tokens.size());
  std::vector<int> open;  // a stack: the next node is the last one
  Layout layout;
  for (std::size_t node = tree.tokens.size(); node-- > 0;) {
    if (needed[node] == 0) continue;
    const int parent = tree.parents[node];
    // Children are found from the last to the first, as a stack wants them.
    (parent < 0 ? open : children[static_cast<std::size_t>(parent)]).push_back(static_cast<int>(node));
  }
  layout.row_of.assign(tree.tokens.size(), -1);
  std::vector<int> chain_of(tree.tokens.size(), -1);
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    const auto row = static_cast<std::int64_t>(layout.nodes.size());
    const int parent = tree.parents[static_cast<std::size_t>(node)];
    const bool goes_on = parent >= 0 && children[static_cast<std::size_t>(parent)].size() == 1;
    if (!goes_on) layout.chains.push_back({{row, row}, parent < 0 ? -1 : chain_of[static_cast<std::size_t>(parent)]});
    layout.chains.back().rows.end = row + 1;
    chain_of[static_cast<std::size_t>(node)] = static_cast<int>(layout.chains.size()) - 1;
    layout.row_of[static_cast<std::size_t>(node)] = row;
    layout.nodes.push_back(node);
    layout.positions.push_back(
        parent < 0 ? 0 : layout.positions[static_cast<std::size_t>(layout.row_of[static_cast<std::size_t>(parent)])] + 1);
    const auto& below = children[static_cast<std::size_t>(node)];
    open.insert(open.end(), below.begin(), below.end());
  }
  return layout;
}

std::vector<Range> rows_above(const std::vector<Chain>& chains, const Chain& chain) {
  std::vector<Range> ranges;
  for (int above = chain.above; above >= 0; above = chains[static_cast<std::size_t>(above)].above) {
    const Range rows = chains[static_cast<std::size_t>(above)].rows;
    if (!ranges.empty() && ranges.back().begin == rows.end) {
      ranges.back().begin = rows.begin;
    } else {
      ranges.push_back(rows);
    }
  }
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

/// `queries`: rows, ascending.
TreeAttention plan_attention(const std::vector<Chain>& chains, std::vector<std::int64_t> queries) {
  TreeAttention plan;
  plan.padded_queries = rounded_up(static_cast<std::int64_t>(queries.size()));
  std::size_t next = 0;
  for (const Chain& chain : chains) {
    std::vector<Range> before;
    while (next < queries.size() && queries[next] < chain.rows.end) {
      const std::size_t first = next;
      while (next < queries.size() && queries[next] < chain.rows.end && static_cast<std::int64_t>(next - first) < kTileQueries) ++next;
      if (before.empty()) before = rows_above(chains, chain);
      plan.tiles.push_back({static_cast<std::int64_t>(first), static_cast<std::int64_t>(next - first), before, chain.rows.begin});
    }
  }
  plan.query_rows = std::move(queries);
  return plan;
}

}  // namespace

TreePass make_tree_pass(const TokenTree& tree, at::Device device) {
  XROUTER_ASSERT(!tree.targets.empty(), "a pass is made for targets");
  XROUTER_ASSERT(tree.parents.size() == tree.tokens.size(), "every token has a parent");
  const Layout layout = lay_out(tree);
  TreePass pass;
  pass.tokens = static_cast<std::int64_t>(layout.nodes.size());

  std::vector<std::int64_t> parents;
  for (const TokenTree::Target& target : tree.targets)
    parents.push_back(layout.row_of[static_cast<std::size_t>(tree.parents[static_cast<std::size_t>(target.node)])]);
  std::vector<std::int64_t> wanted = parents;
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const std::int64_t row : parents) pass.target_row.push_back(std::lower_bound(wanted.begin(), wanted.end(), row) - wanted.begin());

  std::vector<std::int64_t> all(layout.nodes.size()), ids, positions = layout.positions;
  std::iota(all.begin(), all.end(), 0);
  for (const int node : layout.nodes) ids.push_back(tree.tokens[static_cast<std::size_t>(node)]);
  pass.attention = plan_attention(layout.chains, std::move(all));
  pass.last_attention = plan_attention(layout.chains, wanted);
  ids.resize(static_cast<std::size_t>(pass.attention.padded_queries), 0);
  positions.resize(ids.size(), 0);
  wanted.resize(static_cast<std::size_t>(pass.last_attention.padded_queries), wanted.back());
  pass.ids = at::tensor(ids, at::kLong).to(device);
  pass.positions = at::tensor(positions, at::kLong).to(device);
  pass.wanted = at::tensor(wanted, at::kLong).to(device);
  return pass;
}

}  // namespace xrouter::torch_learner
