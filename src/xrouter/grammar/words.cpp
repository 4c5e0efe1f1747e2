#include "xrouter/grammar/words.hpp"

#include <algorithm>

namespace xrouter::grammar {
namespace {

/// The words [first, last) share their first `depth` bytes.
struct Range {
  std::size_t first, last, depth;
};

}  // namespace

Words::Words(std::vector<std::string> words) {
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::vector<Range> nodes = {{0, words.size(), 0}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {  // breadth first: the edges of a node lie together
    Range range = nodes[i];
    first_edge_.push_back(static_cast<std::int32_t>(edges_.size()));
    count_.push_back(static_cast<std::int32_t>(range.last - range.first));
    const bool complete = range.first < range.last && words[range.first].size() == range.depth;
    complete_.push_back(complete ? 1 : 0);
    if (complete) ++range.first;
    while (range.first < range.last) {
      const char byte = words[range.first][range.depth];
      std::size_t last = range.first;
      while (last < range.last && words[last][range.depth] == byte) ++last;
      edges_.push_back({static_cast<std::uint8_t>(byte), static_cast<std::int32_t>(nodes.size())});
      nodes.push_back({range.first, last, range.depth + 1});
      range.first = last;
    }
  }
  first_edge_.push_back(static_cast<std::int32_t>(edges_.size()));
}

int Words::step(int node, std::uint8_t byte) const {
  const Edge* found = std::lower_bound(begin(node), end(node), byte, [](const Edge& edge, std::uint8_t wanted) { return edge.byte < wanted; });
  return found != end(node) && found->byte == byte ? found->to : -1;
}

}  // namespace xrouter::grammar
