// Reading JSON Lines of test vectors.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "xrouter/grade/follow/text.hpp"
#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::follow {

inline std::vector<Value> vector_rows(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<Value> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(parse_json(line).value());
  return rows;
}

inline std::string string_in(const Value& row, std::string_view name) {
  const Value* field = row.find(name);
  return field && field->if_string() ? *field->if_string() : "";
}

inline const std::vector<Value>& list_in(const Value& row, std::string_view name) { return row.find(name)->if_list()->items; }
inline double number_in(const Value& row, std::string_view name) { return row.find(name)->if_number()->to_double(); }
inline bool flag_in(const Value& row, std::string_view name) { return *row.find(name)->if_bool(); }

}  // namespace xrouter::grade::follow
