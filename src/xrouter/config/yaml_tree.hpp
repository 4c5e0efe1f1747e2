// A strict tree of a YAML document. The only place of the project that touches yaml-cpp, whose
// leniency it takes away: duplicate keys, anchors and aliases, merge keys, tags, a second document,
// text that is not UTF-8, deep nesting and large files are errors here. Scalars stay text: what
// looks like a number or a boolean is decided by the field that reads it, never by YAML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tl/expected.hpp"

namespace xrouter::config {

/// A place in a file, counted from 1. Line 0 means the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  bool operator==(const Mark&) const = default;
};

/// What is wrong and where.
struct Problem {
  Mark mark;
  std::string text;
};

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  Mark mark = {};
  std::string text = {};                                    ///< scalar
  bool quoted = false;                                      ///< scalar in quotes or a block
  std::vector<YamlNode> items = {};                         ///< sequence
  std::vector<std::pair<YamlNode, YamlNode>> entries = {};  ///< map, in the order of the file; keys are scalars

  const YamlNode* find(std::string_view key) const;
};

inline constexpr std::size_t kMaxYamlBytes = std::size_t{1} << 20;
inline constexpr int kMaxYamlDepth = 16;
inline constexpr std::size_t kMaxYamlEntries = 4096;  ///< of one list or map

/// An empty document is a null node.
tl::expected<YamlNode, Problem> parse_yaml(std::string_view text);

}  // namespace xrouter::config
