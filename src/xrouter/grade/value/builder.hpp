// What both parsers need: limits, error texts, dicts and sets without equal keys. Private to value/.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade {

/// Recursion uses the thread's stack, so no caller may ask for more than this.
inline constexpr int kDeepest = 256;

class Budget {
 public:
  explicit Budget(const ValueLimits& limits) : depth_(std::min(limits.max_depth, kDeepest)), nodes_(limits.max_nodes) {}
  bool node() { return nodes_ > 0 && nodes_-- > 0; }
  bool enter() { return depth_ > 0 && depth_-- > 0; }
  void leave() { ++depth_; }

 private:
  int depth_;
  std::size_t nodes_;
};

/// ErrorKind::invalid_request: "JSON: <problem> at byte 12".
Error malformed(std::string_view what, std::string_view problem, std::size_t at);

/// As in Python a later value replaces an earlier one of an equal key, at the earlier one's place.
class DictBuilder {
 public:
  /// false: an equal key was there.
  bool add(Value key, Value value);
  Value take() && { return Value(std::move(dict_)); }

 private:
  Value::Dict dict_;
  std::unordered_map<std::string, std::size_t> places_;
};

/// As in Python the first of equal items stays.
class SetBuilder {
 public:
  SetBuilder() { set_.kind = ListKind::set; }
  void add(Value item);
  Value take() && { return Value(std::move(set_)); }

 private:
  Value::List set_;
  std::unordered_set<std::string> seen_;
};

}  // namespace xrouter::grade
