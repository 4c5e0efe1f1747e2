// For tests: reading tests/golden/train/rl.json.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "xrouter/json/parse.hpp"

namespace xrouter::rl {

inline boost::json::value read_golden(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto value = json::parse(text);
  EXPECT_TRUE(value) << file;
  return value ? *value : boost::json::value();
}

inline std::vector<double> numbers(const boost::json::value& value) {
  std::vector<double> made;
  for (const boost::json::value& each : value.as_array()) made.push_back(each.to_number<double>());
  return made;
}

inline double number_or(const boost::json::object& object, std::string_view name, double otherwise) {
  const boost::json::value* found = object.if_contains(name);
  return found ? found->to_number<double>() : otherwise;
}

inline std::string text_or(const boost::json::object& object, std::string_view name, std::string otherwise) {
  const boost::json::value* found = object.if_contains(name);
  return found ? std::string(found->as_string()) : otherwise;
}

/// Rounding of another order of the same operations.
inline void expect_same(double ours, double theirs, const std::string& what) {
  EXPECT_NEAR(ours, theirs, 1e-12 * std::max(1.0, std::abs(theirs))) << what;
}

}  // namespace xrouter::rl
