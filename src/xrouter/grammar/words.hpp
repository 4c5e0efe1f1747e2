// A finite set of byte strings as a trie, for names and constants.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xrouter::grammar {

/// Immutable. Node 0 is the root. Linear in the sum of the lengths.
class Words {
 public:
  struct Edge {
    std::uint8_t byte;
    std::int32_t to;
  };
  explicit Words(std::vector<std::string> words);

  const Edge* begin(int node) const { return edges_.data() + first_edge_[static_cast<std::size_t>(node)]; }
  const Edge* end(int node) const { return edges_.data() + first_edge_[static_cast<std::size_t>(node) + 1]; }
  /// -1: none.
  int step(int node, std::uint8_t byte) const;
  bool complete(int node) const { return complete_[static_cast<std::size_t>(node)] != 0; }
  /// Words at and below a node.
  int count(int node) const { return count_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<std::int32_t> first_edge_;
  std::vector<Edge> edges_;
  std::vector<std::uint8_t> complete_;
  std::vector<std::int32_t> count_;
};

}  // namespace xrouter::grammar
