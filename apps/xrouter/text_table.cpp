#include "text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace xrouter::app {

TextTable::TextTable(std::initializer_list<std::string> headings) {
  for (const std::string& heading : headings) {
    right_.push_back(heading.starts_with('>'));
    headings_.push_back(right_.back() ? heading.substr(1) : heading);
  }
}

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::print(std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < headings_.size(); ++column) {
    std::size_t width = headings_[column].size();
    for (const auto& row : rows_) width = std::max(width, row[column].size());
    widths.push_back(width);
  }
  auto print_row = [&](const std::vector<std::string>& cells) {
    std::string line(indent, ' ');
    for (std::size_t column = 0; column < cells.size(); ++column) {
      if (column > 0) line += "  ";
      line += right_[column] ? fmt::format("{:>{}}", cells[column], widths[column]) : fmt::format("{:<{}}", cells[column], widths[column]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print_row(headings_);
  for (const auto& row : rows_) print_row(row);
}

}  // namespace xrouter::app
