// Aligned columns for a terminal.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace xrouter::app {

/// A heading that begins with '>' makes its column right-aligned.
class TextTable {
 public:
  TextTable(std::initializer_list<std::string> headings);
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// To standard output, each line indented by `indent` spaces.
  void print(std::size_t indent = 2) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::string> headings_;
  std::vector<bool> right_;
};

}  // namespace xrouter::app
