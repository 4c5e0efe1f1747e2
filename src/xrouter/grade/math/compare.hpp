// Comparing two trees by the rule that fits their shapes.
#pragma once

#include <string>
#include <vector>

#include "xrouter/grade/dialect.hpp"
#include "xrouter/grade/math/closed_form.hpp"
#include "xrouter/grade/math/node.hpp"

namespace xrouter::grade::math {

/// One comparison; used for one pair of answers, because it counts its steps.
class Comparer {
 public:
  explicit Comparer(const Dialect& dialect) : dialect_(dialect) {}

  Verdict compare(const Node& gold, const Node& answer);
  /// Of the last comparison of values.
  const std::string& reason() const { return reason_; }

 private:
  Verdict compare_reduced(const Node& gold, const Node& answer);
  Verdict compare_relations(const Node& gold, const Node& answer);
  Verdict compare_inequality(const Node& gold, const Node& answer);
  Verdict compare_collections(const Node& gold, const Node& answer);
  Verdict compare_in_order(const std::vector<Node>& gold, const std::vector<Node>& answer);
  Verdict compare_unordered(const std::vector<Node>& gold, const std::vector<Node>& answer);
  Verdict compare_ratios(const Node& gold, const Node& answer);
  Verdict compare_words(const Node& gold, const Node& answer);
  bool is_false_equation(const Node& node);
  bool contradict(const Node& a, const Node& b);
  Verdict compare_scalar(const Node& gold, const Node& answer);

  const Dialect& dialect_;
  std::string reason_ = "different shapes";
  std::size_t steps_ = 0;
};

}  // namespace xrouter::grade::math
